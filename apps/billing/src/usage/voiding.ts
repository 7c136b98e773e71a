import { Inject, Injectable } from '@nestjs/common';
import {
  UsageVoided,
  usageErrors,
  walletErrors,
  type UnratedItem,
  type UsageEvent,
} from '@leadwire/contracts';
import { amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { Answer } from '../ledger/command.js';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { Charging, usageOf, type RatedUsage, type UnratedUsage } from './charging.js';
import { overageAfter, quotaTimesOf, successorsOf } from './corrections.js';
import { Rater, type Use } from './rater.js';
import { takeBackFromMonths } from './taking-back.js';

export type Void = { reason: string };
export type Replacement = Void & { items: UnratedItem[] };

/**
 * Ends usage for good. What was charged is never edited: a posting gives it back, to the lots it was taken from, and what was really
 * used is recorded and charged anew, at the price of the same moment.
 */
@Injectable()
export class Voiding {
  constructor(
    @Inject(Rater) private readonly rater: Rater,
    @Inject(Charging) private readonly charging: Charging,
  ) {}

  /**
   * Voids a use; the same wish again finds it done.
   * @throws AppError `usage.voided` | `wallet.frozen` | `wallet.full`
   */
  async void(db: TenantDb, wallet: LockedWallet, usage: UsageEvent, { reason }: Void): Promise<void> {
    const answer = await this.end(db, wallet, usage, reason);
    this.announce(db, usage, answer, reason, null);
  }

  /** Voids a use and records what it was instead, once. @throws AppError as {@link void} */
  async replace(
    db: TenantDb,
    wallet: LockedWallet,
    usage: UsageEvent,
    { reason, items }: Replacement,
  ): Promise<void> {
    const quotaTimes = await quotaTimesOf(db, [usage.id]);
    const answer = await this.end(db, wallet, usage, reason, items);
    const use: Use = {
      key: `correction:${usage.id}`,
      feature: usage.feature,
      used: items,
      userId: usage.userId,
      reference: usage.externalReferenceId,
      occurredAt: new Date(usage.occurredAt),
      metadata: usage.metadata,
      source: usage.source,
      corrects: usage.id,
      quotaAt: quotaTimes.get(usage.id) ?? null,
    };
    const ratings = await this.rater.rate(db, wallet, [use]);
    await this.charging.record(
      db,
      wallet,
      ratings.map(usageOf).map((rated) => withOverage(rated, usage)),
    );
    const successors = await successorsOf(db, [usage.id]);
    this.announce(db, usage, answer, reason, successors.get(usage.id) ?? null);
  }

  private async end(
    db: TenantDb,
    wallet: LockedWallet,
    usage: UsageEvent,
    reason: string,
    items?: UnratedItem[],
  ): Promise<Answer> {
    const answer = await this.post(db, wallet, usage, reason, items);
    if (usage.status === 'voided') return answer;
    const occurredAt = new Date(usage.occurredAt);
    await takeBackFromMonths(
      db,
      wallet.currency,
      usage.items.map((item) => ({ item, occurredAt })),
    );
    return answer;
  }

  private async post(
    db: TenantDb,
    wallet: LockedWallet,
    { id }: UsageEvent,
    reason: string,
    items?: UnratedItem[],
  ): Promise<Answer> {
    const [answer] = await wallet.post([
      {
        kind: 'void',
        key: `void:${id}`,
        usageId: id,
        description: reason,
        createdBy: db.ctx.userId,
        ...(items ? { replacement: JSON.stringify(items) } : {}),
      },
    ]);
    switch (answer?.outcome) {
      case 'posted':
      case 'voided':
      case 'duplicate':
        return answer;
      case 'frozen':
        throw walletErrors.frozen();
      case 'limit':
        throw walletErrors.full();
      case 'not_found':
        throw usageErrors.not_found();
      default:
        throw usageErrors.voided();
    }
  }

  private announce(
    db: TenantDb,
    { id, feature, cost, currency, status }: UsageEvent,
    { outcome, ledgerId }: Answer,
    reason: string,
    correctedById: string | null,
  ): void {
    if (status === 'voided') return;
    db.emit(UsageVoided, id, {
      usageEventId: id,
      featureKey: feature,
      cost: outcome === 'posted' ? cost : '0.000000',
      currency,
      reversalTransactionId: ledgerId,
      correctedById,
      reason,
    });
  }
}

function withOverage(rated: RatedUsage | UnratedUsage, { items }: UsageEvent): RatedUsage | UnratedUsage {
  if ('failure' in rated) return rated;
  const quantity = rated.items.reduce((sum, item) => sum.add(item.quantity), amount('0'));
  return { ...rated, items: [...rated.items, ...overageAfter(items, quantity.toFixed())] };
}
