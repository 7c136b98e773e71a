import { Inject } from '@nestjs/common';
import { TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { Consumes, On } from '@leadwire/messaging';
import { noteTenantStanding, type TenantDb } from '@leadwire/persistence';
import { resumeAutoTopUp } from './auto-top-up-queue.js';

/** Notes whether a tenant is active, for nobody else's card is charged; one that is active again is looked at anew. */
@Consumes('billing__tenant-standing')
export class AutoTopUpStandingConsumer {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  @On(TenantUpdated)
  async updated(
    { aggregateVersion, data: { status } }: EventOf<typeof TenantUpdated>,
    db: TenantDb,
  ): Promise<void> {
    const isActive = status === 'active';
    const isNews = await noteTenantStanding(db, isActive, aggregateVersion);
    if (isNews && isActive) await resumeAutoTopUp(db, this.clock.now());
  }
}
