import { Injectable } from '@nestjs/common';
import { UsageCharged, usageErrors, type UsageItem } from '@leadwire/contracts';
import { amount, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { chargeOf, type Answer, type Command } from '../ledger/command.js';
import { POST_BATCH_MAX, type LockedWallet } from '../ledger/locked-wallet.js';
import { NEXT_PENDING_USAGE, QUEUE_CHARGING, UNQUEUE_CHARGING } from './charging.queries.js';

/** A rated use that is to be charged. */
export type RatedUsage = {
  /** Of all uses of a tenant with one key, one is charged, for ever. */
  key: string;
  feature: string;
  items: UsageItem[];
  userId: string | null;
  reference: string;
  occurredAt: Date;
  metadata: Record<string, string>;
};
type Charge = { id: string; cost: string; feature: string };
type PendingRow = Charge & { key: string };

/** Turns rated usage into debits, never taking a wallet below zero: what it does not cover waits, oldest first. */
@Injectable()
export class Charging {
  /**
   * Records a batch of usage and charges it as far as funds go; what was recorded before is left alone. While older usage
   * waits, newer usage queues behind it.
   * @throws AppError `usage.key_reused`
   */
  async record(db: TenantDb, wallet: LockedWallet, usage: RatedUsage[]): Promise<void> {
    const commands = usage.map(usageCommand);
    const answers = await wallet.post(commands);
    if (answers.some(({ outcome }) => outcome === 'conflict')) throw usageErrors.key_reused();
    const charges = commands.map(({ usage: { id, feature }, amount: cost }) => ({
      id,
      feature,
      cost: cost.toFixed(6),
    }));
    this.announce(db, wallet, charges, answers);
    const unpaid = charges.filter((_, i) => answers[i]?.outcome === 'pending');
    if (unpaid.length > 0) wallet.exhaust(sum(unpaid.map(({ cost }) => cost)));
  }

  /** Charges one batch of waiting usage, oldest first, and leaves the rest to the sweeper, if funds are left for it. */
  async chargePending(db: TenantDb, wallet: LockedWallet): Promise<void> {
    if (!wallet.exhausted) return;
    const waiting = await db.query<PendingRow>(NEXT_PENDING_USAGE, [db.tenantId, POST_BATCH_MAX + 1]);
    const batch = waiting.slice(0, POST_BATCH_MAX);
    const answers = await wallet.post(batch.map(chargeOf));
    this.announce(db, wallet, batch, answers);
    const paid = answers.filter(({ outcome }) => outcome === 'posted').length;
    const goesOn = paid === POST_BATCH_MAX && waiting.length > paid;
    await db.execute(goesOn ? QUEUE_CHARGING : UNQUEUE_CHARGING, [db.tenantId]);
    if (paid === waiting.length) wallet.recover();
  }

  private announce(db: TenantDb, { currency }: LockedWallet, charges: Charge[], answers: Answer[]): void {
    charges.forEach(({ id, cost, feature }, i) => {
      const { outcome, ledgerId } = answers[i] as Answer;
      if (outcome !== 'posted' || ledgerId === null) return;
      db.emit(UsageCharged, id, {
        usageEventId: id,
        ledgerTransactionId: ledgerId,
        featureKey: feature,
        cost,
        currency,
      });
    });
  }
}

function usageCommand({ key, userId, items, ...usage }: RatedUsage): Command & { kind: 'usage' } {
  return {
    kind: 'usage',
    key,
    createdBy: userId,
    amount: sum(items.map(({ cost }) => cost)),
    usage: { id: newId(), items, quantity: sum(items.map(({ quantity }) => quantity)).toFixed(), ...usage },
  };
}

function sum(values: string[]): Amount {
  return values.reduce((total, value) => total.add(value), amount('0'));
}
