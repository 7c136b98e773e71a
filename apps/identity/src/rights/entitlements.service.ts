import { Inject } from '@nestjs/common';
import {
  accountErrors,
  CAPABILITIES,
  entitlementsApi,
  FEATURE_KEYS,
  type Entitlements,
  type EntitlementsApi,
  type Nothing,
  type ReadEntitlements,
  type RightsSnapshot,
  type Role,
} from '@leadwire/contracts';
import { decide, flagWords, TenantRights, type Decision, type Person } from '@leadwire/entitlements';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { MEMBER_ROLE } from './rights.queries.js';
import { Snapshots } from './snapshots.js';

/** Says who may do what, and why: to services as a snapshot, to people about themselves. */
@Serves(entitlementsApi)
export class EntitlementsService implements EntitlementsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async snapshot(ctx: Ctx, _: Nothing): Promise<RightsSnapshot> {
    const [tenant, everybody] = await Promise.all([
      this.snapshots.read(ctx.tenantId),
      this.snapshots.readEverybody(),
    ]);
    return { tenant: tenant ? JSON.stringify(tenant) : null, everybody: JSON.stringify(everybody) };
  }

  /** As the rows are at this moment, so that whoever has just changed something sees it. @throws AppError `account.not_a_member` */
  async mine(ctx: Ctx, { explain: asked }: ReadEntitlements): Promise<Entitlements> {
    const explain = asked === '' || asked === 'true';
    const [tenant, everybody, [member]] = await Promise.all([
      this.snapshots.read(ctx.tenantId),
      this.snapshots.readEverybody(),
      this.tenant.read<{ role: Role }>(ctx, MEMBER_ROLE, [ctx.tenantId, ctx.userId]),
    ]);
    if (!tenant || !member) throw accountErrors.not_a_member();
    const rights = new TenantRights(tenant, everybody);
    const person: Person = { userId: ctx.userId, role: member.role };
    const now = this.clock.now().getTime();
    const told = (decision: Decision) => withTrail(decision, explain);
    return {
      version: rights.version + rights.globalVersion,
      status: rights.status,
      planTier: rights.planTier,
      role: member.role,
      features: FEATURE_KEYS.map((feature) => ({
        feature,
        ...told(decide(rights, { feature, ...person }, now, explain)),
      })),
      capabilities: CAPABILITIES.map((capability) => ({
        capability,
        ...told(decide(rights, { capability, ...person }, now, explain)),
      })),
      flags: rights.flagKeys.map((key) => {
        const answer = rights.flag(key, person, now);
        const { value, variant, reason, decidedBy } = answer;
        const text = explain ? { text: flagWords(key, answer) } : {};
        return { flag: key, answer: { value }, variant, reason, decidedBy, ...text };
      }),
    };
  }
}

function withTrail({ allowed, decidedBy, trail }: Decision, explain: boolean) {
  return { allowed, decidedBy, ...(explain ? { trail } : {}) };
}
