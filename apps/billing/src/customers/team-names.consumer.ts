import { TenantCreated, TenantUpdated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { customerPrefix } from '../invoices/numbers.js';
import { NAME_TEAM } from './customers.queries.js';

/** Keeps the names of teams: invoices are made out to them where no company is given. */
@Consumes('billing__team-names')
export class TeamNamesConsumer {
  @On(TenantCreated)
  tenantCreated(event: EventOf<typeof TenantCreated>, db: TenantDb): Promise<void> {
    return name(db, event.data.name, event.aggregateVersion);
  }

  @On(TenantUpdated)
  tenantUpdated(event: EventOf<typeof TenantUpdated>, db: TenantDb): Promise<void> {
    return name(db, event.data.name, event.aggregateVersion);
  }
}

async function name(db: TenantDb, teamName: string, version: number): Promise<void> {
  await customerPrefix(db);
  await db.execute(NAME_TEAM, [db.tenantId, teamName, version]);
}
