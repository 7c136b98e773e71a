import { TenantCreated, TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Inject } from '@nestjs/common';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { customerPrefix } from '../invoices/numbers.js';
import { Periods } from '../invoices/periods.js';
import { NAME_TEAM } from './customers.queries.js';

/** Keeps the names of teams, for invoices are made out to them where no company is given; and ends the month of a team that is closed. */
@Consumes('billing__team-names')
export class TeamNamesConsumer {
  constructor(@Inject(Periods) private readonly periods: Periods) {}

  @On(TenantCreated)
  tenantCreated(event: EventOf<typeof TenantCreated>, db: TenantDb): Promise<void> {
    return name(db, event.data.name, event.aggregateVersion);
  }

  @On(TenantUpdated)
  async tenantUpdated(event: EventOf<typeof TenantUpdated>, db: TenantDb): Promise<void> {
    await name(db, event.data.name, event.aggregateVersion);
    if (event.data.status === 'closed') await this.periods.endMonth(db);
  }
}

async function name(db: TenantDb, teamName: string, version: number): Promise<void> {
  await customerPrefix(db);
  await db.execute(NAME_TEAM, [db.tenantId, teamName, version]);
}
