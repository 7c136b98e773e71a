import { Inject } from '@nestjs/common';
import { TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { ImportWorker } from './import-worker.js';
import { HOLD, LOCK_HOLDS, NOTE_STANDING, UNHOLD } from './imports.queries.js';

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
    const news = await db.query(NOTE_STANDING, [db.tenantId, isActive, aggregateVersion]);
    // A word that comes late must not undo a newer one.
    if (news.length === 0) return;
    await db.execute(isActive ? UNHOLD : HOLD, [db.tenantId]);
    if (isActive) this.worker.nudge();
  }
}
