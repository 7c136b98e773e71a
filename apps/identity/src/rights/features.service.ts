import { isDeepStrictEqual } from 'node:util';
import { Inject } from '@nestjs/common';
import {
  FEATURE_KEYS,
  featureErrors,
  FEATURES,
  featuresApi,
  isFeatureKey,
  tenantErrors,
  type FeatureKey,
  type FeaturesApi,
  type Nothing,
  type SwitchFeature,
  type TenantFeature,
  type TenantFeatures,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { announceChange } from './announce-change.js';
import { LIST_FEATURES, SWITCH_FEATURE } from './rights.queries.js';

type FeatureRow = {
  planTier: string;
  /** Null in the one row of a tenant where nobody switched anything. */
  key: string | null;
  enabled: boolean;
  switchedBy: string | null;
  switchedAt: Date;
  firstSwitchedAt: Date;
  limits: Record<string, number> | null;
  /** By feature. */
  personalRights: Record<string, number>;
};
type Switcher = 'owner' | 'operator';

/** Which parts of the product a team has. */
@Serves(featuresApi)
export class FeaturesService implements FeaturesApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  /** @throws AppError `tenant.not_found` */
  async list(ctx: Ctx, _: Nothing): Promise<TenantFeatures> {
    const rows = await this.tenant.read<FeatureRow>(ctx, LIST_FEATURES, [ctx.tenantId]);
    return { items: FEATURE_KEYS.map((key) => toFeature(rows, key)) };
  }

  /**
   * Switches an optional feature, for the whole team.
   * @throws AppError `feature.not_found` | `feature.not_optional` | `feature.not_in_plan` | `feature.switched_by_operator`
   */
  update(ctx: Ctx, { featureKey, enabled }: SwitchFeature): Promise<TenantFeature> {
    const key = keyOf(featureKey);
    if (!FEATURES[key].optional) throw featureErrors.not_optional();
    return this.tenant.run(ctx, (db) => switchFeature(db, key, enabled, 'owner'));
  }
}

/** @throws AppError `feature.not_found` */
export function keyOf(featureKey: string): FeatureKey {
  if (!isFeatureKey(featureKey)) throw featureErrors.not_found();
  return featureKey;
}

/** Switches a feature of a team on or off, with limits of its own if given, and announces it. */
export async function switchFeature(
  db: TenantDb,
  key: FeatureKey,
  enabled: boolean,
  by: Switcher,
  limits?: Record<string, number>,
): Promise<TenantFeature> {
  await announceChange(db, async () => {
    const before = toFeature(await db.query<FeatureRow>(LIST_FEATURES, [db.tenantId]), key);
    if (by === 'owner' && enabled && !before.inPlan) throw featureErrors.not_in_plan();
    // What an operator took away, for abuse say, an owner does not bring back.
    if (by === 'owner' && before.switchedBy === 'operator' && !before.enabled)
      throw featureErrors.switched_by_operator();
    const isLimited = limits !== undefined && !isDeepStrictEqual(limits, before.limits);
    const isNews = before.enabled !== enabled || isLimited || (by === 'operator' && before.switchedBy !== by);
    const params = [newId(), db.tenantId, key, enabled, by, limits ? JSON.stringify(limits) : null];
    if (isNews) await db.execute(SWITCH_FEATURE, params);
    return { kind: 'feature', key, userId: null };
  });
  return toFeature(await db.query<FeatureRow>(LIST_FEATURES, [db.tenantId]), key);
}

function toFeature(rows: FeatureRow[], key: FeatureKey): TenantFeature {
  const [first] = rows;
  if (!first) throw tenantErrors.not_found();
  const { title, plans, optional, enabledByDefault } = FEATURES[key];
  const row = rows.find((candidate) => candidate.key === key);
  return {
    key,
    title,
    inPlan: (plans as readonly string[]).includes(first.planTier),
    enabled: row?.enabled ?? enabledByDefault,
    optional,
    switchedBy: row?.switchedBy ?? null,
    switchedAt: row?.switchedAt.toISOString() ?? null,
    firstSwitchedAt: row?.firstSwitchedAt.toISOString() ?? null,
    limits: row?.limits ?? {},
    personalRights: first.personalRights[key] ?? 0,
  };
}
