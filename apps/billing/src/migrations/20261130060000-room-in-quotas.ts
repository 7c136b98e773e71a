import type { MigrationInterface, QueryRunner } from 'typeorm';

// What is counted more, for what a correction stands for, makes no room. `p_at` is the moment of an earlier posting, so what is due
// then is due at once.
const RETURN_QUOTA = `
  CREATE OR REPLACE FUNCTION return_quota(p_tenant uuid, p_feature varchar, p_quantity numeric, p_at timestamptz)
  RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE billing_quota_counters
    SET day_used = day_used - CASE WHEN day = (p_at AT TIME ZONE 'UTC')::date THEN p_quantity ELSE 0 END,
        month_used = month_used - CASE WHEN month = date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN p_quantity ELSE 0 END
    WHERE tenant_id = p_tenant AND feature_key = p_feature;
    INSERT INTO limit_upkeep AS k (tenant_id, quota_due)
    SELECT p_tenant, p_at WHERE p_quantity > 0 AND EXISTS (
      SELECT FROM billing_usage_events WHERE tenant_id = p_tenant AND feature_key = p_feature AND waits_for = 'quota')
    ON CONFLICT (tenant_id) DO UPDATE SET quota_due = least(k.quota_due, excluded.quota_due)
  $$`;

/** What goes back to a quota makes room for the usage that waits for it. */
export class RoomInQuotas20261130060000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RETURN_QUOTA);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
