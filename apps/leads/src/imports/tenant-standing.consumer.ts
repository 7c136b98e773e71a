import { Inject } from '@nestjs/common';
import { TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import { noteTenantStanding, type TenantDb } from '@leadwire/persistence';
import { ImportWorker } from './import-worker.js';
import { HOLD, LOCK_HOLDS, UNHOLD } from './imports.queries.js';

/**
 * Holds the imports of a tenant that is not active: the worker stops after the batch under way, and goes on after it once the
 * tenant is active again.
 */
@Consumes('leads__tenant-standing')
export class TenantStandingConsumer {
  constructor(@Inject(ImportWorker) private readonly worker: ImportWorker) {}

  @On(TenantUpdated)
  async updated(
    { aggregateVersion, data: { status } }: EventOf<typeof TenantUpdated>,
    db: TenantDb,
  ): Promise<void> {
    const isActive = status === 'active';
    await db.query(LOCK_HOLDS, [db.tenantId]);
    const isNews = await noteTenantStanding(db, isActive, aggregateVersion);
    if (!isNews) return;
    await db.execute(isActive ? UNHOLD : HOLD, [db.tenantId]);
    if (isActive) this.worker.nudge();
  }
}
