import { Inject } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  FEATURES,
  flagErrors,
  FLAGS_PER_TENANT_MAX,
  memberErrors,
  operatorRightsApi,
  tenantErrors,
  type FeatureKey,
  type FlagRowRef,
  type FlagRows,
  type FlagRowState,
  type ListFlagRows,
  type Nothing,
  type OperatorRightsApi,
  type RepublishedSnapshots,
  type SetFlag,
  type SwitchTenantFeature,
  type TenantFeature,
} from '@leadwire/contracts';
import { parseFlagConfig } from '@leadwire/entitlements';
import { newId, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isForeignKeyViolation, TenantTransaction, translateDatabaseError } from '@leadwire/persistence';
import type { DataSource, EntityManager } from 'typeorm';
import { announceChange } from './announce-change.js';
import { keyOf, switchFeature } from './features.service.js';
import { toFlagRow, type FlagRecord } from './flags.service.js';
import {
  ACT_AS_OPERATOR,
  COUNT_FLAGS,
  LIST_FLAGS,
  LIST_GLOBAL_FLAGS,
  LOCK_GLOBAL_FLAGS,
  LOCK_RIGHTS,
  REMOVE_FLAG,
  SET_FLAG,
} from './rights.queries.js';
import { Snapshots } from './snapshots.js';

type Query = <R>(sql: string, params?: unknown[]) => Promise<R[]>;

/** The door of those who run the platform to features and flags, of one team or of all; it takes requests of the system only. */
@Serves(operatorRightsApi)
export class OperatorRightsService implements OperatorRightsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @InjectDataSource() private readonly source: DataSource,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
  ) {}

  /** @throws AppError `feature.not_found` | `tenant.not_found` | `request.invalid` */
  switchFeature(ctx: Ctx, input: SwitchTenantFeature): Promise<TenantFeature> {
    const { tenantId, featureKey, enabled, limits } = input;
    const key = keyOf(featureKey);
    if (limits) requireLimits(key, limits);
    return this.tenant.run(inTenant(ctx, tenantId), (db) =>
      switchFeature(db, key, enabled, 'operator', limits),
    );
  }

  /** Rows for everybody, then the team's. */
  async listFlags(ctx: Ctx, { tenantId }: ListFlagRows): Promise<FlagRows> {
    const everybody: FlagRecord[] = await this.source.query(LIST_GLOBAL_FLAGS, [FLAGS_PER_TENANT_MAX]);
    const team = tenantId
      ? await this.tenant.read<FlagRecord>(inTenant(ctx, tenantId), LIST_FLAGS, [
          tenantId,
          FLAGS_PER_TENANT_MAX,
        ])
      : [];
    return { items: [...everybody, ...team].map(toFlagRow) };
  }

  /**
   * Writes one row of a flag; what is not told stays as it was.
   * @throws AppError `flag.bad_config` | `flag.member_without_team` | `flag.too_many` | `member.not_found` | `tenant.not_found`
   */
  async setFlag(ctx: Ctx, input: SetFlag): Promise<FlagRowState> {
    const row = requireWhole(input);
    const config = row.config === undefined ? null : JSON.stringify(readConfig(row.config));
    const { key, tenantId = null, userId = null, enabled, expiresAt } = row;
    const params = [
      newId(),
      key,
      tenantId,
      userId,
      enabled,
      config,
      expiresAt ?? null,
      expiresAt !== undefined,
    ];
    const write = async (query: Query): Promise<FlagRecord> => {
      const [written] = await query<FlagRecord>(SET_FLAG, params);
      const [{ count = 0 } = {}] = await query<{ count: number }>(COUNT_FLAGS, [tenantId]);
      if (count > FLAGS_PER_TENANT_MAX) throw flagErrors.too_many();
      return written as FlagRecord;
    };
    return toFlagRow(await this.change(ctx, row, write));
  }

  /** @throws AppError `flag.not_found` | `flag.member_without_team` | `tenant.not_found` */
  async removeFlag(ctx: Ctx, input: FlagRowRef): Promise<void> {
    const { key, tenantId = null, userId = null } = requireWhole(input);
    await this.change(ctx, input, async (query) => {
      const removed = await query(`${REMOVE_FLAG} RETURNING id`, [key, tenantId, userId]);
      if (removed.length === 0) throw flagErrors.not_found();
    });
  }

  async republish(_: Ctx, __: Nothing): Promise<RepublishedSnapshots> {
    return { tenants: await this.snapshots.republishAll() };
  }

  private async change<T>(ctx: Ctx, row: FlagRowRef, work: (query: Query) => Promise<T>): Promise<T> {
    const { key, tenantId, userId = null } = row;
    try {
      return tenantId
        ? await this.inTeam(ctx, tenantId, { key, userId }, work)
        : await this.forEverybody(work);
    } catch (error) {
      throw isForeignKeyViolation(error) ? memberErrors.not_found() : error;
    }
  }

  private inTeam<T>(
    ctx: Ctx,
    tenantId: string,
    about: { key: string; userId: string | null },
    work: (query: Query) => Promise<T>,
  ): Promise<T> {
    return this.tenant.run(inTenant(ctx, tenantId), async (db) => {
      if ((await db.query(LOCK_RIGHTS, [tenantId])).length === 0) throw tenantErrors.not_found();
      let result: T | undefined;
      await announceChange(db, async () => {
        result = await work((sql, params) => db.query(sql, params) as never);
        return { kind: 'flag', ...about };
      });
      return result as T;
    });
  }

  // No tenant's transaction, so no event either: the keeper of the snapshots looks at the version, and we need not wait for it.
  private async forEverybody<T>(work: (query: Query) => Promise<T>): Promise<T> {
    try {
      const result = await this.source.transaction(async (manager: EntityManager) => {
        await manager.query(ACT_AS_OPERATOR);
        await manager.query(LOCK_GLOBAL_FLAGS);
        return work((sql, params) => rowsOf(manager, sql, params));
      });
      await this.snapshots.publishEverybody().catch(() => undefined);
      return result;
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}

// TypeORM answers a DELETE with [rows, count].
async function rowsOf<R>(manager: EntityManager, sql: string, params?: unknown[]): Promise<R[]> {
  const answer: unknown[] = await manager.query(sql, params);
  return (Array.isArray(answer[0]) ? answer[0] : answer) as R[];
}

function inTenant(ctx: Ctx, tenantId: string): Ctx {
  return systemCtx(tenantId, {
    requestId: ctx.requestId,
    traceparent: ctx.traceparent,
    deadline: ctx.deadline,
  });
}

function requireWhole<R extends FlagRowRef>(row: R): R {
  if (row.userId && !row.tenantId) throw flagErrors.member_without_team();
  return row;
}

/** @throws AppError `request.invalid` */
function requireLimits(key: FeatureKey, limits: Record<string, unknown>): void {
  const known = Object.keys(FEATURES[key].limits);
  const errors = Object.entries(limits).flatMap(([name, value]) => {
    const pointer = `/limits/${name}`;
    if (!known.includes(name))
      return {
        pointer,
        code: 'unknown',
        detail: `is no limit of it; there is ${known.join(', ') || 'none'}`,
      };
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      return { pointer, code: 'range', detail: 'must be a whole number, 0 or more' };
    return [];
  });
  if (errors.length > 0) throw requestErrors.invalid({ errors });
}

function readConfig(config: object) {
  try {
    return parseFlagConfig(config);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw flagErrors.bad_config({ errors: [{ pointer: '/config', code: 'flag_config', detail }] });
  }
}
