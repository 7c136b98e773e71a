import { Inject, Injectable } from '@nestjs/common';
import {
  CHARGES_PER_EVENT_MAX,
  UsageCharged,
  UsageFailed,
  type UsageItem,
  type UsageSource,
} from '@leadwire/contracts';
import { amount, Clock, moneyText, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { chargeOf, type Answer, type Command } from '../ledger/command.js';
import { POST_BATCH_MAX, type LockedWallet } from '../ledger/locked-wallet.js';
import {
  NEXT_PENDING_USAGE,
  QUEUE_CHARGING,
  UNQUEUE_CHARGING,
  USAGE_AWAITING_QUOTA,
} from './charging.queries.js';
import type { RatingResult, Use } from './rater.js';
import { nextRetry } from './retry-times.js';
import { QUEUE_RETRY } from './retry.queries.js';

/** A rated use that is to be charged. */
export type RatedUsage = {
  /** Of all uses of a tenant with one key, one is charged, for ever. */
  key: string;
  feature: string;
  items: UsageItem[];
  userId: string | null;
  reference: string | null;
  occurredAt: Date;
  metadata: Record<string, unknown>;
  source: UsageSource;
  /** The voided usage that it stands for, and when that was counted for its quota. */
  corrects?: string;
  quotaAt?: string | null;
};
/** A use that is kept until it can be rated, and why it cannot be now. */
export type UnratedUsage = Use & { failure: string };
type Charge = { id: string; cost: string; feature: string };
export type PendingUsage = Charge & { key: string };

/** Usage of one feature that is tried at once when its quotas may have room again: one feature never keeps the others waiting. */
const AWAITING_PER_FEATURE = 100;
/** When to look again at usage that has room in its quotas, but no funds. */
const FUNDS_RETRY_MS = 60_000;

/** Turns rated usage into debits, never taking a wallet below zero: what it does not cover waits, oldest first. */
@Injectable()
export class Charging {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /**
   * Records a batch of usage and charges it as far as funds go; what was recorded before is left alone. While older usage
   * waits, newer usage queues behind it; what has no price yet waits for one and holds nobody up. Says of each what became of it.
   */
  async record(db: TenantDb, wallet: LockedWallet, usage: (RatedUsage | UnratedUsage)[]): Promise<Answer[]> {
    const retryAt = nextRetry(this.clock.now(), 0);
    const commands = usage.map((use) => usageCommand(use, retryAt));
    const answers = await wallet.post(commands);
    const charges = commands.map(({ usage: { id, feature }, amount: cost }) => ({
      id,
      feature,
      cost: cost.toFixed(6),
    }));
    this.announce(db, wallet, charges, answers);
    const unpaid = charges.filter((_, i) => answers[i]?.outcome === 'pending');
    if (unpaid.length > 0) wallet.exhaust(sum(unpaid.map(({ cost }) => cost)));
    await this.keepFailed(db, commands, answers, retryAt);
    return answers;
  }

  /** Charges usage that was recorded before and can be charged only now, unless older usage waits already. */
  async charge(db: TenantDb, wallet: LockedWallet, usage: PendingUsage[]): Promise<void> {
    if (wallet.exhausted) return;
    const answers = await wallet.post(usage.map(chargeOf));
    this.announce(db, wallet, usage, answers);
    // A suspended wallet pays for it when it spends again, as for what it could not afford.
    const unpaid = usage.filter((_, i) => ['pending', 'frozen'].includes(answers[i]?.outcome ?? ''));
    if (unpaid.length > 0) wallet.exhaust(sum(unpaid.map(({ cost }) => cost)));
  }

  /** Charges one batch of waiting usage, oldest first, and leaves the rest to the sweeper, if funds are left for it. */
  async chargePending(db: TenantDb, wallet: LockedWallet): Promise<void> {
    if (!wallet.exhausted) return;
    const waiting = await db.query<PendingUsage>(NEXT_PENDING_USAGE, [db.tenantId, POST_BATCH_MAX + 1]);
    const batch = waiting.slice(0, POST_BATCH_MAX);
    const answers = await wallet.post(batch.map(chargeOf));
    this.announce(db, wallet, batch, answers);
    // What has no room in its quota any more waits for that, no longer for funds.
    const paid = answers.filter(({ outcome }) => outcome === 'posted' || outcome === 'awaits_quota').length;
    const goesOn = paid === POST_BATCH_MAX && waiting.length > paid;
    if (goesOn) await db.execute(QUEUE_CHARGING, [db.tenantId, this.clock.now()]);
    else await db.execute(UNQUEUE_CHARGING, [db.tenantId]);
    if (paid === waiting.length) wallet.recover();
  }

  /**
   * Charges usage that waited for room in its quotas as far as they have any now.
   * @returns when to try again; null when nothing waits, or when only an operator can change it
   */
  async chargeAwaitingQuota(db: TenantDb, wallet: LockedWallet): Promise<Date | null> {
    const now = this.clock.now();
    const params = [db.tenantId, AWAITING_PER_FEATURE, POST_BATCH_MAX];
    const batch = await db.query<PendingUsage>(USAGE_AWAITING_QUOTA, params);
    const answers = await wallet.post(batch.map(chargeOf));
    this.announce(db, wallet, batch, answers);
    const outcomes = new Set(answers.map(({ outcome }) => outcome));
    if (outcomes.has('posted') && batch.length >= AWAITING_PER_FEATURE) return now;
    const resets = answers.flatMap(({ state }) => (state?.resetsAt ? [Date.parse(state.resetsAt)] : []));
    if (outcomes.has('pending') || outcomes.has('frozen')) resets.push(now.getTime() + FUNDS_RETRY_MS);
    return resets.length === 0 ? null : new Date(Math.min(...resets));
  }

  private async keepFailed(
    db: TenantDb,
    commands: UsageCommand[],
    answers: Answer[],
    retryAt: Date,
  ): Promise<void> {
    const failed = commands.filter((_, i) => answers[i]?.outcome === 'failed');
    for (const { usage } of failed)
      db.emit(UsageFailed, usage.id, {
        usageEventId: usage.id,
        featureKey: usage.feature,
        reason: usage.failure ?? '',
      });
    if (failed.length > 0) await db.execute(QUEUE_RETRY, [db.tenantId, retryAt]);
  }

  // Together, for one event each would cost as much as charging it.
  private announce(db: TenantDb, { id, currency }: LockedWallet, tried: Charge[], answers: Answer[]): void {
    const charges = tried.flatMap(({ id: usageEventId, cost, feature: featureKey }, i) => {
      const { outcome, ledgerId, state } = answers[i] as Answer;
      if (outcome !== 'posted' || ledgerId === null) return [];
      const overage = state?.overage;
      const total = overage === undefined ? cost : moneyText(amount(cost).plus(overage));
      return [{ usageEventId, ledgerTransactionId: ledgerId, featureKey, cost: total }];
    });
    for (let at = 0; at < charges.length; at += CHARGES_PER_EVENT_MAX)
      db.emit(UsageCharged, id, {
        walletId: id,
        currency,
        charges: charges.slice(at, at + CHARGES_PER_EVENT_MAX),
      });
  }
}

type UsageCommand = Command & { kind: 'usage' };

function usageCommand(use: RatedUsage | UnratedUsage, retryAt: Date): UsageCommand {
  if ('failure' in use) {
    const { used, failure, ...rest } = use;
    return commandOf(rest, used, amount('0'), { failure, retryAt });
  }
  const { items, ...rest } = use;
  return commandOf(rest, items, sum(items.map(({ cost }) => cost)));
}

function commandOf(
  { key, userId, ...usage }: Omit<RatedUsage, 'items'>,
  items: UsageCommand['usage']['items'],
  cost: Amount,
  failed: { failure?: string; retryAt?: Date } = {},
): UsageCommand {
  // What lies above a quota is in the quantity already.
  const used = items.filter((item) => !('scheme' in item && item.scheme === 'overage'));
  const quantity = sum(used.map((item) => item.quantity)).toFixed();
  return {
    kind: 'usage',
    key,
    createdBy: userId,
    amount: cost,
    usage: { id: newId(), items, quantity, ...usage, ...failed },
  };
}

/** What is recorded of a rating, also when it failed. */
export function usageOf(result: RatingResult): RatedUsage | UnratedUsage {
  if ('usage' in result) return result.usage;
  const { use, error, part } = result;
  const entry = [part.category, part.provider, part.model, part.unit].filter(Boolean).join(' ');
  return { ...use, failure: `${error.message} (${entry})` };
}

function sum(values: string[]): Amount {
  return values.reduce((total, value) => total.add(value), amount('0'));
}
