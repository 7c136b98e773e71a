import type { MigrationInterface, QueryRunner } from 'typeorm';

const SET_ENTITLEMENT = `
  CREATE FUNCTION set_entitlement(p_tenant uuid, p_id uuid, p_feature varchar, p_enabled boolean, p_monthly numeric, p_daily numeric,
    p_overages boolean, p_rate numeric, p_metadata jsonb, p_now timestamptz)
  RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = billing, public, pg_temp AS $$
    INSERT INTO billing_feature_entitlements (id, tenant_id, feature_key, enabled, monthly_quota, daily_quota, allow_overages,
      overage_rate, metadata)
    VALUES (p_id, p_tenant, p_feature, p_enabled, p_monthly, p_daily, p_overages, p_rate, p_metadata)
    ON CONFLICT (tenant_id, feature_key) DO UPDATE SET enabled = excluded.enabled, monthly_quota = excluded.monthly_quota,
      daily_quota = excluded.daily_quota, allow_overages = excluded.allow_overages, overage_rate = excluded.overage_rate,
      metadata = excluded.metadata;
    INSERT INTO billing_quota_counters AS n (tenant_id, feature_key, day, month)
    SELECT p_tenant, p_feature, (at AT TIME ZONE 'UTC')::date, date_trunc('month', at AT TIME ZONE 'UTC')::date
    FROM (SELECT greatest(p_now, (SELECT last_posted_at FROM billing_wallets WHERE tenant_id = p_tenant AND user_id IS NULL)) AS at) moment
    -- Whoever changes a quota wants to hear when the new one is used up.
    ON CONFLICT (tenant_id, feature_key) DO UPDATE SET day_announced = false, month_announced = false;
    -- What waits may have room now.
    INSERT INTO limit_upkeep (tenant_id, quota_due)
    SELECT p_tenant, p_now WHERE EXISTS (
      SELECT FROM billing_usage_events WHERE tenant_id = p_tenant AND feature_key = p_feature AND waits_for = 'quota')
    ON CONFLICT (tenant_id) DO UPDATE SET quota_due = excluded.quota_due
  $$`;

/** An entitlement says who set it, and why. */
export class WhoSetQuotas20261130060100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION set_entitlement`,
      SET_ENTITLEMENT,
      `REVOKE EXECUTE ON FUNCTION set_entitlement FROM PUBLIC`,
      `GRANT EXECUTE ON FUNCTION set_entitlement TO billing_app`,
      `COMMENT ON COLUMN billing_feature_entitlements.metadata IS 'Who set it last, and why; when, says updated_at.'`,
    ];
    for (const sql of statements) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
