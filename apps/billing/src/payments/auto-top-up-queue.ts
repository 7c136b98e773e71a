import type { TenantDb } from '@leadwire/persistence';

const QUEUE = `
  INSERT INTO auto_top_up_queue (tenant_id, due_at) VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO NOTHING`;
const QUEUE_NOW = `
  INSERT INTO auto_top_up_queue (tenant_id, due_at) VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at`;
const RESUME = `
  INSERT INTO auto_top_up_queue (tenant_id, due_at)
  SELECT tenant_id, $2 FROM billing_auto_top_ups WHERE tenant_id = $1 AND enabled
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at`;
const UNQUEUE = `DELETE FROM auto_top_up_queue WHERE tenant_id = $1`;

/** Notes that the tenant's balance is low; who is waiting for a later try goes on waiting. */
export async function queueAutoTopUp(db: TenantDb, at: Date): Promise<void> {
  await db.execute(QUEUE, [db.tenantId, at]);
}

/** Has the tenant looked at then, whatever was noted before. */
export async function requeueAutoTopUp(db: TenantDb, at: Date): Promise<void> {
  await db.execute(QUEUE_NOW, [db.tenantId, at]);
}

/** Has the tenant looked at if it is topped up by itself at all. */
export async function resumeAutoTopUp(db: TenantDb, at: Date): Promise<void> {
  await db.execute(RESUME, [db.tenantId, at]);
}

/** Nothing is to be topped up for the tenant any more. */
export async function unqueueAutoTopUp(db: TenantDb): Promise<void> {
  await db.execute(UNQUEUE, [db.tenantId]);
}
