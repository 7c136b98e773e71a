import { Inject, Injectable } from '@nestjs/common';
import { walletErrors, type UsageItem } from '@leadwire/contracts';
import { amount, Clock, moneyText, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { POST_BATCH_MAX, type LockedWallet } from '../ledger/locked-wallet.js';
import { Charging, usageOf, type UnratedUsage } from './charging.js';
import { Rater, type Use } from './rater.js';
import { nextRetry } from './retry-times.js';
import {
  FAILED_USAGE,
  NOTE_RETRIES,
  REQUEUE_RETRY,
  RETRY_NOW,
  type FailedUsageRow,
} from './retry.queries.js';

type Found = { row: FailedUsageRow; items: UsageItem[]; cost: Amount };
type Missed = { row: FailedUsageRow; usage: UnratedUsage };

/** Rates usage again that had no price, and charges what has one now. */
@Injectable()
export class Retrying {
  constructor(
    @Inject(Rater) private readonly rater: Rater,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Tries one batch of what is due, under the wallet's lock.
   * @throws AppError `wallet.frozen`
   */
  async retry(db: TenantDb, wallet: LockedWallet): Promise<void> {
    const now = this.clock.now();
    const rows = await db.query<FailedUsageRow>(FAILED_USAGE, [db.tenantId, now, POST_BATCH_MAX]);
    const results = await this.rater.rate(db, wallet, rows.map(useOf), true);
    const found: Found[] = [];
    const missed: Missed[] = [];
    results.forEach((result, i) => {
      const row = rows[i] as FailedUsageRow;
      const usage = usageOf(result);
      if ('failure' in usage) missed.push({ row, usage });
      else found.push({ row, items: usage.items, cost: costOf(usage.items) });
    });
    await this.settle(db, wallet, found);
    await postpone(db, missed, now);
    await db.execute(REQUEUE_RETRY, [db.tenantId]);
  }

  /** Makes all failed usage of a tenant due now. */
  async hurry(db: TenantDb): Promise<void> {
    await db.execute(RETRY_NOW, [db.tenantId, this.clock.now()]);
    await db.execute(REQUEUE_RETRY, [db.tenantId]);
  }

  private async settle(db: TenantDb, wallet: LockedWallet, found: Found[]): Promise<void> {
    const answers = await wallet.post(
      found.map(({ row: { id }, items, cost }) => ({
        kind: 'rate',
        key: `rate:${newId()}`,
        amount: cost,
        usageId: id,
        items,
      })),
    );
    if (answers.some(({ outcome }) => outcome === 'frozen')) throw walletErrors.frozen();
    await this.charging.charge(
      db,
      wallet,
      found.map(({ row: { id, key, feature }, cost }) => ({ id, key, feature, cost: moneyText(cost) })),
    );
  }
}

async function postpone(db: TenantDb, missed: Missed[], now: Date): Promise<void> {
  if (missed.length === 0) return;
  await db.execute(NOTE_RETRIES, [
    db.tenantId,
    missed.map(({ row }) => row.id),
    missed.map(({ usage }) => usage.failure),
    missed.map(({ row }) => nextRetry(now, row.retryCount + 1)),
  ]);
}

function useOf({ id: _, retryCount: __, items, ...use }: FailedUsageRow): Use {
  return { ...use, used: items };
}

function costOf(items: UsageItem[]): Amount {
  return items.reduce((total, { cost }) => total.add(cost), amount('0'));
}
