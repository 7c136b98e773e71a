import { Inject, Injectable } from '@nestjs/common';
import { UsageCharged, type UsageItem } from '@leadwire/contracts';
import { amount, assert, Clock, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { POST_BATCH_MAX, type LockedWallet } from '../ledger/locked-wallet.js';
import { debitOf, type Posted } from '../ledger/posting.js';
import {
  INSERT_USAGE,
  KNOWN_USAGE,
  MARK_CHARGED,
  NEXT_PENDING_USAGE,
  QUEUE_CHARGING,
  UNQUEUE_CHARGING,
} from './charging.queries.js';

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
type Charge = { id: string; cost: string; key: string; feature: string };
type PendingRow = Charge;

/** Turns rated usage into debits, never taking a wallet below zero: what it does not cover waits, oldest first. */
@Injectable()
export class Charging {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /**
   * Records a batch of usage and charges it as far as funds go; what was recorded before is left alone. While older usage
   * waits, newer usage queues behind it.
   */
  async record(db: TenantDb, wallet: LockedWallet, usage: RatedUsage[]): Promise<void> {
    const fresh = await this.unknown(db, usage);
    if (fresh.length === 0) return;
    const charges = fresh.map(({ key, feature, items }) => ({
      id: newId(),
      cost: totalCost(items),
      key,
      feature,
    }));
    const posted = wallet.exhausted ? [] : await wallet.post(charges.map(debitOf));
    const paidBy = charges.map((_, i) => ledgerIdOf(posted[i]));
    await this.insert(db, wallet, fresh, charges, paidBy);
    this.announce(db, wallet, charges, paidBy);
    const unpaid = charges.filter((_, i) => paidBy[i] === null);
    if (unpaid.length > 0) wallet.exhaust(sum(unpaid.map(({ cost }) => cost)));
  }

  /** Charges one batch of waiting usage, oldest first, and leaves the rest to the sweeper, if funds are left for it. */
  async chargePending(db: TenantDb, wallet: LockedWallet): Promise<void> {
    if (!wallet.exhausted) return;
    const waiting = await db.query<PendingRow>(NEXT_PENDING_USAGE, [db.tenantId, POST_BATCH_MAX + 1]);
    const batch = waiting.slice(0, POST_BATCH_MAX);
    const posted = await wallet.post(batch.map(debitOf));
    const paidBy = batch.map((_, i) => ledgerIdOf(posted[i]));
    const paid = batch.filter((_, i) => paidBy[i] !== null);
    const ledgerIds = paidBy.filter((id) => id !== null);
    if (paid.length > 0) {
      await db.execute(MARK_CHARGED, [db.tenantId, paid.map(({ id }) => id), ledgerIds, this.clock.now()]);
      this.announce(db, wallet, batch, paidBy);
    }
    const goesOn = paid.length === POST_BATCH_MAX && waiting.length > paid.length;
    await db.execute(goesOn ? QUEUE_CHARGING : UNQUEUE_CHARGING, [db.tenantId]);
    if (paid.length === waiting.length) wallet.recover();
  }

  private async unknown(db: TenantDb, usage: RatedUsage[]): Promise<RatedUsage[]> {
    const byKey = new Map(usage.map((one) => [one.key, one]));
    const known = await db.query<{ key: string }>(KNOWN_USAGE, [db.tenantId, [...byKey.keys()]]);
    for (const { key } of known) byKey.delete(key);
    return [...byKey.values()];
  }

  private async insert(
    db: TenantDb,
    wallet: LockedWallet,
    usage: RatedUsage[],
    charges: Charge[],
    paidBy: (string | null)[],
  ): Promise<void> {
    await db.execute(INSERT_USAGE, [
      db.tenantId,
      wallet.id,
      wallet.currency,
      this.clock.now(),
      charges.map(({ id }) => id),
      usage.map(({ userId }) => userId),
      usage.map(({ feature }) => feature),
      usage.map(({ items }) => JSON.stringify(items)),
      usage.map(({ items }) => sum(items.map(({ quantity }) => quantity)).toFixed()),
      charges.map(({ cost }) => cost),
      paidBy,
      usage.map(({ key }) => key),
      usage.map(({ reference }) => reference),
      usage.map(({ occurredAt }) => occurredAt),
      usage.map(({ metadata }) => JSON.stringify(metadata)),
    ]);
  }

  private announce(
    db: TenantDb,
    { currency }: LockedWallet,
    charges: Charge[],
    paidBy: (string | null)[],
  ): void {
    charges.forEach(({ id, cost, feature }, i) => {
      const ledgerTransactionId = paidBy[i];
      if (!ledgerTransactionId) return;
      db.emit(UsageCharged, id, {
        usageEventId: id,
        ledgerTransactionId,
        featureKey: feature,
        cost,
        currency,
      });
    });
  }
}

function sum(values: string[]): Amount {
  return values.reduce((total, value) => total.add(value), amount('0'));
}

function totalCost(items: UsageItem[]): string {
  return sum(items.map(({ cost }) => cost)).toFixed(6);
}

// A usage without a charge has no debit either: both are written together, so its key cannot be taken.
function ledgerIdOf(posted: Posted | undefined): string | null {
  if (!posted || posted.outcome === 'insufficient') return null;
  assert(posted.outcome === 'posted', 'the debit of an uncharged usage is new');
  return posted.ledgerId;
}
