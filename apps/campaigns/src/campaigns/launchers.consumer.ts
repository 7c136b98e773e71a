import { CampaignPaused, UserSuspended, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { PAUSE_OF_LAUNCHER } from './campaigns.queries.js';

/** Stops what somebody has launched whom an operator stopped. Whoever takes it over resumes it; nothing resumes it by itself. */
@Consumes('campaigns__launchers')
export class LaunchersConsumer {
  @On(UserSuspended)
  async suspended({ data: { userId } }: EventOf<typeof UserSuspended>, db: TenantDb): Promise<void> {
    const paused = await db.query<{ id: string; name: string }>(PAUSE_OF_LAUNCHER, [db.tenantId, userId]);
    for (const { id, name } of paused) db.emit(CampaignPaused, id, { name, reason: 'launcher-suspended' });
  }
}
