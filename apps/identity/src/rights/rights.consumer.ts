import { Inject } from '@nestjs/common';
import {
  MembershipChanged,
  MembershipRemoved,
  RightsChanged,
  TenantCreated,
  TenantUpdated,
  type EventOf,
} from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { FREE_OWNER } from './rights.queries.js';
import { announceChange } from './announce-change.js';
import { Snapshots } from './snapshots.js';

/** Changes of one tenant that come together make one snapshot. */
const BATCH_MAX = 100;

/** Publishes a tenant's rights anew when they changed, and lifts denials from who becomes an owner. */
@Consumes('identity__rights')
export class RightsConsumer {
  constructor(@Inject(Snapshots) private readonly snapshots: Snapshots) {}

  @On(RightsChanged, { batch: BATCH_MAX })
  rightsChanged(_: EventOf<typeof RightsChanged>[], db: TenantDb): Promise<void> {
    return this.snapshots.publishWithin(db);
  }

  @On(TenantCreated)
  tenantCreated(_: EventOf<typeof TenantCreated>, db: TenantDb): Promise<void> {
    return this.snapshots.publishWithin(db);
  }

  @On(TenantUpdated, { batch: BATCH_MAX })
  tenantUpdated(_: EventOf<typeof TenantUpdated>[], db: TenantDb): Promise<void> {
    return this.snapshots.publishWithin(db);
  }

  /** Their personal rights went with their membership. */
  @On(MembershipRemoved, { batch: BATCH_MAX })
  membersLeft(_: EventOf<typeof MembershipRemoved>[], db: TenantDb): Promise<void> {
    return this.snapshots.publishWithin(db);
  }

  @On(MembershipChanged)
  async roleChanged({ data: { userId } }: EventOf<typeof MembershipChanged>, db: TenantDb): Promise<void> {
    // Not committed yet, and so published by the event that this announces.
    await announceChange(db, async () => {
      await db.execute(FREE_OWNER, [db.tenantId, userId]);
      return { kind: 'member', key: '*', userId };
    });
  }
}
