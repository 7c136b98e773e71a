import { Inject } from '@nestjs/common';
import { TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { Schedule } from './schedule.js';
import { NOTE_STANDING } from './scheduler.queries.js';

/**
 * Halts the sending of a tenant that is not active, and lets it go on where it stopped once it is. Campaigns keep their
 * state: nobody has to resume them, and what was paused stays paused.
 */
@Consumes('campaigns__tenant-standing')
export class TenantStandingConsumer {
  constructor(@Inject(Schedule) private readonly schedule: Schedule) {}

  @On(TenantUpdated)
  async updated(
    { aggregateVersion, data: { status } }: EventOf<typeof TenantUpdated>,
    db: TenantDb,
  ): Promise<void> {
    await db.execute(NOTE_STANDING, [db.tenantId, status !== 'active', aggregateVersion]);
    this.schedule.nudge();
  }
}
