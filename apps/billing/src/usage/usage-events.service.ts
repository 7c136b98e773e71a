import { Inject } from '@nestjs/common';
import {
  usageErrors,
  usageEventsApi,
  type CorrectUsage,
  type RecordedUsage,
  type RecordUsage,
  type ReportedUsage,
  type UsageCorrection,
  type UsageEvent,
  type UsageEventsApi,
  type UsageRecorded,
  type UsageSource,
  type VoidUsage,
} from '@leadwire/contracts';
import { TeamMembers } from '@leadwire/entitlements';
import { assert, Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { Answer } from '../ledger/command.js';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Charging, usageOf } from './charging.js';
import { IS_ERASED } from './charging.queries.js';
import { successorsOf } from './corrections.js';
import { Rater, type Use } from './rater.js';
import { checkReported, unratedItems } from './reported-usage.js';
import { GET_USAGE, USAGE_BY_KEYS, type UsageRow } from './usage.queries.js';
import { toUsageEvent } from './usage.service.js';
import { Voiding } from './voiding.js';

type Known = { key: string; id: string; status: string; error: string | null };

/** Usage that is told to billing instead of heard of: recorded in bulk, voided, corrected. */
@Serves(usageEventsApi)
export class UsageEventsService implements UsageEventsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Rater) private readonly rater: Rater,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Voiding) private readonly voiding: Voiding,
    @Inject(TeamMembers) private readonly members: TeamMembers,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async record(ctx: Ctx, { events }: RecordUsage): Promise<UsageRecorded> {
    checkReported(events, this.clock.now());
    const source = sourceOf(ctx);
    const keys = events.map(({ key }) => `${source}:${key}`);
    await this.requireMembers(ctx, events, keys);
    return this.tenant.run(ctx, async (db) => {
      if (await isErased(db)) return { items: events.map(({ key }) => recorded(key, 'closed')) };
      const wallet = await this.wallets.take(db);
      const answers = await this.recordAll(db, wallet, events, source, keys);
      await wallet.save();
      const known = await db.query<Known>(USAGE_BY_KEYS, [db.tenantId, [...new Set(keys)]]);
      const byKey = new Map(known.map((use) => [use.key, use]));
      return { items: events.map(({ key }, i) => describe(key, answers[i], byKey.get(keys[i] as string))) };
    });
  }

  void(ctx: Ctx, { usageEventId, reason }: VoidUsage): Promise<UsageEvent> {
    return this.ending(ctx, usageEventId, async (db, wallet, usage) => {
      await this.voiding.void(db, wallet, usage, { reason });
      return () => this.require(db, usageEventId);
    });
  }

  correct(ctx: Ctx, { usageEventId, reason, items }: CorrectUsage): Promise<UsageCorrection> {
    const used = unratedItems(items, '');
    return this.ending(ctx, usageEventId, async (db, wallet, usage) => {
      await this.voiding.replace(db, wallet, usage, { reason, items: used });
      return async () => {
        const successor = (await successorsOf(db, [usageEventId])).get(usageEventId);
        assert(successor, 'what was corrected has a successor');
        return {
          voided: await this.require(db, usageEventId),
          replacement: await this.require(db, successor),
        };
      };
    });
  }

  // Services know whom they speak of. What was recorded before has its answer for ever, also when somebody left since.
  private async requireMembers(ctx: Ctx, events: ReportedUsage[], keys: string[]): Promise<void> {
    if (ctx.actor === 'system') return;
    const strangers = await this.members.strangersAmong(
      ctx,
      events.flatMap(({ userId }) => userId ?? []),
    );
    if (strangers.size === 0) return;
    const known = await this.tenant.read<Known>(ctx, USAGE_BY_KEYS, [ctx.tenantId, [...new Set(keys)]]);
    const recorded = new Set(known.map(({ key }) => key));
    const errors = events.flatMap(({ userId }, i) =>
      userId && strangers.has(userId) && !recorded.has(keys[i] as string)
        ? { pointer: `/events/${i}/userId`, code: 'member', detail: 'must be a member of the team' }
        : [],
    );
    if (errors.length > 0) throw requestErrors.invalid({ errors });
  }

  private async recordAll(
    db: TenantDb,
    wallet: LockedWallet,
    events: ReportedUsage[],
    source: UsageSource,
    keys: string[],
  ): Promise<Answer[]> {
    const uses = events.map(({ feature, items, reference, userId, occurredAt, metadata }, i): Use => ({
      key: keys[i] as string,
      feature,
      used: unratedItems(items, ''),
      userId: userId ?? null,
      reference: reference ?? null,
      occurredAt: new Date(occurredAt),
      metadata: metadata ?? {},
      source,
    }));
    const ratings = await this.rater.rate(db, wallet, uses);
    return this.charging.record(db, wallet, ratings.map(usageOf));
  }

  /** Lets `work` end a use under the wallet's lock, and pays waiting usage with what it gave back. */
  private ending<T>(
    ctx: Ctx,
    usageEventId: string,
    work: (db: TenantDb, wallet: LockedWallet, usage: UsageEvent) => Promise<() => Promise<T>>,
  ): Promise<T> {
    return this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const usage = await this.require(db, usageEventId);
      if (usage.source !== 'api' && ctx.actor !== 'system') throw usageErrors.not_reported();
      const answer = await work(db, wallet, usage);
      await this.charging.chargePending(db, wallet);
      await wallet.save();
      return answer();
    });
  }

  private async require(db: TenantDb, id: string): Promise<UsageEvent> {
    const [row] = await db.query<UsageRow>(GET_USAGE, [db.tenantId, id]);
    if (!row) throw usageErrors.not_found();
    return toUsageEvent(row);
  }
}

/** A team's keys never meet those of our services. */
function sourceOf({ actor }: Ctx): UsageSource {
  return actor === 'system' ? 'service' : 'api';
}

async function isErased(db: TenantDb): Promise<boolean> {
  return (await db.query(IS_ERASED, [db.tenantId])).length > 0;
}

function describe(key: string, answer: Answer | undefined, known: Known | undefined): RecordedUsage {
  switch (answer?.outcome) {
    case 'conflict':
    case 'closed':
      return recorded(key, answer.outcome, known);
    case 'posted':
      return recorded(key, 'charged', known);
    case 'pending':
    case 'failed':
      return recorded(key, answer.outcome, known);
    case 'awaits_quota':
      return recorded(key, 'pending', known);
    default:
      return recorded(key, 'duplicate', known);
  }
}

function recorded(key: string, outcome: RecordedUsage['outcome'], known?: Known): RecordedUsage {
  return { key, outcome, usageEventId: known?.id ?? null, error: known?.error ?? null };
}
