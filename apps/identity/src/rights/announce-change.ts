import { RightsChanged, type RightsChangedData } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import { LOCK_RIGHTS, RIGHTS_VERSION } from './rights.queries.js';

type Versioned = { version: string };

/**
 * Does a change of a tenant's rights while no other is under way, and announces it under the version that it made. A change
 * that changed nothing is announced to nobody: the database counts versions, by triggers.
 */
export async function announceChange(db: TenantDb, change: () => Promise<RightsChangedData>): Promise<void> {
  const [before] = await db.query<Versioned>(LOCK_RIGHTS, [db.tenantId]);
  const data = await change();
  const [after] = await db.query<Versioned>(RIGHTS_VERSION, [db.tenantId]);
  if (!after || after.version === before?.version) return;
  db.emit(RightsChanged, db.tenantId, data, { version: Number(after.version) });
}
