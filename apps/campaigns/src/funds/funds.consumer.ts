import { Inject } from '@nestjs/common';
import {
  CampaignPaused,
  CampaignResumed,
  FundsAvailable,
  FundsExhausted,
  type EventOf,
} from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { Schedule } from '../sending/schedule.js';
import { NOTE_FUNDS, PAUSE_FOR_FUNDS, RESUME_FOR_FUNDS } from './funds.queries.js';

type CampaignRow = { id: string; name: string };
type Word = { aggregateVersion: number; occurredAt: string };

/** Stops what costs money when the wallet is empty, and lets it go on when it is filled again. */
@Consumes('campaigns__funds')
export class FundsConsumer {
  constructor(
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @On(FundsExhausted)
  async exhausted(event: EventOf<typeof FundsExhausted>, db: TenantDb): Promise<void> {
    if (!(await isNews(db, true, event))) return;
    for (const { id, name } of await db.query<CampaignRow>(PAUSE_FOR_FUNDS, [db.tenantId])) {
      db.emit(CampaignPaused, id, { name, reason: 'insufficient-funds' });
    }
  }

  @On(FundsAvailable)
  async available(event: EventOf<typeof FundsAvailable>, db: TenantDb): Promise<void> {
    if (!(await isNews(db, false, event))) return;
    const rows = await db.query<CampaignRow>(RESUME_FOR_FUNDS, [db.tenantId]);
    for (const { id, name } of rows) db.emit(CampaignResumed, id, { name, reason: 'funds-available' });
    // Also without any: a campaign that was resumed while the funds went was not paused, and waits for them as well.
    await this.schedule.wake(db, this.clock.now());
  }
}

// A word that comes late must not undo a newer one.
async function isNews(
  db: TenantDb,
  exhausted: boolean,
  { aggregateVersion, occurredAt }: Word,
): Promise<boolean> {
  return (await db.query(NOTE_FUNDS, [db.tenantId, exhausted, aggregateVersion, occurredAt])).length > 0;
}
