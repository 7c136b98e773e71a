import { Inject } from '@nestjs/common';
import { UserReinstated, UserSuspended, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { ImportWorker } from './import-worker.js';
import { HOLD_OF_PERSON, LOCK_HOLDS, NOTE_PERSON, UNHOLD } from './imports.queries.js';

/**
 * Holds the imports of somebody whom an operator suspended, as those of a tenant that is not active are held; they go on once the person
 * is reinstated.
 */
@Consumes('leads__person-standing')
export class PersonStandingConsumer {
  constructor(@Inject(ImportWorker) private readonly worker: ImportWorker) {}

  @On(UserSuspended)
  async suspended(
    { aggregateVersion, data: { userId } }: EventOf<typeof UserSuspended>,
    db: TenantDb,
  ): Promise<void> {
    const isNews = await this.note(db, userId, false, aggregateVersion);
    if (isNews) await db.execute(HOLD_OF_PERSON, [db.tenantId, userId]);
  }

  @On(UserReinstated)
  async reinstated(
    { aggregateVersion, data: { userId } }: EventOf<typeof UserReinstated>,
    db: TenantDb,
  ): Promise<void> {
    const isNews = await this.note(db, userId, true, aggregateVersion);
    if (!isNews) return;
    await db.execute(UNHOLD, [db.tenantId]);
    this.worker.nudge();
  }

  // A word that comes late must not undo a newer one.
  private async note(db: TenantDb, userId: string, active: boolean, version: number): Promise<boolean> {
    await db.query(LOCK_HOLDS, [db.tenantId]);
    const news = await db.query(NOTE_PERSON, [db.tenantId, userId, active, version]);
    return news.length > 0;
  }
}
