import { Inject, Injectable } from '@nestjs/common';
import { avatarFolder, subjectOf, TenantErased } from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import { NATS_CONNECTION, purgeEventsBefore, type NatsConnection } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { ObjectStorage, TenantRemains } from '@leadwire/platform';
import { Snapshots } from '../rights/snapshots.js';
import { DELETE_TENANT, END_SESSIONS_OF_TEAM, FORGET_PRIMARY_TEAM } from './closing.queries.js';
import { ErasedPeople } from './erased-people.js';

/** What identity has of a tenant that no `tenant_id` leads to: the team itself, its people, and the facts still on the bus. */
@Injectable()
export class IdentityRemains extends TenantRemains {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(ErasedPeople) private readonly people: ErasedPeople,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
  ) {
    super();
  }

  /** People are found through their memberships, so they go first. */
  override async before(tenantId: string): Promise<void> {
    await this.people.eraseOf(tenantId, (userId) => this.storage.removeAll(avatarFolder(userId)));
    await this.tenant.run(systemCtx(tenantId), async (db) => {
      await db.execute(END_SESSIONS_OF_TEAM, [tenantId]);
      await db.execute(FORGET_PRIMARY_TEAM, [tenantId]);
    });
  }

  override async after(tenantId: string): Promise<void> {
    await this.tenant.run(systemCtx(tenantId), (db) => db.execute(DELETE_TENANT, [tenantId]));
    // Of a tenant that is gone there is nothing to publish: its snapshot is removed.
    await this.snapshots.publish(tenantId);
    // Whoever has not read them yet erases the tenant next, and needs none of them.
    await purgeEventsBefore(this.nats, subjectOf(TenantErased.type, tenantId), tenantId);
  }
}
