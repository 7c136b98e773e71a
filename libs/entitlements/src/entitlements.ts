import { Inject, Injectable } from '@nestjs/common';
import type { FeatureKey, Role } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { decide, type Decision, type Question } from './decide.js';
import { EntitlementSnapshots } from './entitlement-snapshots.js';
import type { TenantRights } from './rights.js';

/** Somebody in one of their teams. */
export type TeamMember = { tenantId: string; userId: string | null; role: Role };

/** What this process asks before it lets somebody, or itself, do something: answered here, without a request, in microseconds. */
@Injectable()
export class Entitlements {
  constructor(
    @Inject(EntitlementSnapshots) private readonly snapshots: EntitlementSnapshots,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Begins to follow changes, for those who would not have their first caller wait. @throws when the broker is away */
  start(): Promise<void> {
    return this.snapshots.start();
  }

  /**
   * All that a member may do: the same set object for the same capabilities. Without waiting where the tenant is known.
   * @throws AppError `request.unavailable` | `request.timeout` when the tenant's rights are nowhere to be had
   */
  capabilitiesOf(member: TeamMember): ReadonlySet<string> | Promise<ReadonlySet<string>> {
    const now = this.clock.now().getTime();
    const known = this.snapshots.known(member.tenantId);
    if (known) return known.capabilitiesOf(member, now);
    return this.snapshots.of(member.tenantId).then((rights) => rights.capabilitiesOf(member, now));
  }

  /**
   * Whether a team has a feature, for work that nobody asked for: a schedule, a queue. Without waiting where it is known.
   * @throws AppError `request.unavailable` | `request.timeout`: whoever cannot know waits
   */
  hasFeature(tenantId: string, feature: string): boolean | Promise<boolean> {
    const answer = (rights: TenantRights) => decide(rights, { feature }, this.clock.now().getTime()).allowed;
    const known = this.snapshots.known(tenantId);
    return known ? answer(known) : this.snapshots.of(tenantId).then(answer);
  }

  /**
   * A limit that an operator set for a team's feature; infinite where nobody did. Names are in the catalogue of features.
   * @throws AppError `request.unavailable` | `request.timeout`
   */
  limitOf(tenantId: string, feature: FeatureKey, name: string): number | Promise<number> {
    const answer = (rights: TenantRights) => rights.limitOf(feature, name);
    const known = this.snapshots.known(tenantId);
    return known ? answer(known) : this.snapshots.of(tenantId).then(answer);
  }

  /** The answer with the rule that decided. @throws AppError `request.unavailable` | `request.timeout` */
  async decide(tenantId: string, question: Question, explain = false): Promise<Decision> {
    const rights = this.snapshots.known(tenantId) ?? (await this.snapshots.of(tenantId));
    return decide(rights, question, this.clock.now().getTime(), explain);
  }
}
