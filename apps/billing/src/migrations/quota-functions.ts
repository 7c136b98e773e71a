const TYPES = [
  `CREATE TYPE quota_taken AS (
     counted boolean, refused jsonb, over numeric(20,6), rate numeric(20,10), entitlement_id uuid, since timestamptz)`,
];

const MONTH_START = `
  CREATE FUNCTION month_start(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
  $$`;

const NEXT_MONTH_START = `
  CREATE FUNCTION next_month_start(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'
  $$`;

/** The one rule by which money is rounded, as `roundMoney` has it. */
const ROUND_HALF_EVEN = `
  CREATE FUNCTION round_half_even(value numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN abs(value * 1000000 % 1) = 0.5 THEN 2 * round(value * 500000) / 1000000 ELSE round(value, 6) END::numeric(20,6)
  $$`;

/** Announces a fact about an aggregate from inside a posting. */
const ANNOUNCE = `
  CREATE FUNCTION announce(p_tenant uuid, p_type varchar, p_aggregate varchar, p_id uuid, p_version bigint, p_cause jsonb, p_data jsonb)
  RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
    VALUES (gen_random_uuid(), p_tenant, p_type, p_aggregate, p_id, p_data, p_cause || jsonb_build_object('version', p_version))
  $$`;

/**
 * Counts a quantity for the quotas of its feature, or says which of them has no room for it; the wallet is locked already. Past a
 * quota that allows overages, `over` is what of the quantity lies above it. Days and months are those of UTC at `p_at`.
 */
const TAKE_QUOTA = `
  CREATE FUNCTION take_quota(p_tenant uuid, p_feature varchar, p_quantity numeric, p_at timestamptz, p_cause jsonb)
  RETURNS quota_taken LANGUAGE plpgsql VOLATILE AS $$
  DECLARE
    e billing_feature_entitlements;
    n billing_quota_counters;
    t quota_taken;
    today date := (p_at AT TIME ZONE 'UTC')::date;
    this_month date := date_trunc('month', p_at AT TIME ZONE 'UTC')::date;
    day_after numeric;
    month_after numeric;
    full_day boolean;
    full_month boolean;
  BEGIN
    t.over := 0;
    t.counted := false;
    SELECT * INTO e FROM billing_feature_entitlements WHERE tenant_id = p_tenant AND feature_key = p_feature;
    IF NOT FOUND THEN RETURN t; END IF;
    IF NOT e.enabled THEN
      t.refused := jsonb_build_object('feature', p_feature, 'reason', 'disabled', 'text', 'The feature is switched off.');
      RETURN t;
    END IF;
    SELECT * INTO n FROM billing_quota_counters WHERE tenant_id = p_tenant AND feature_key = p_feature;
    IF NOT FOUND THEN
      INSERT INTO billing_quota_counters (tenant_id, feature_key, day, month) VALUES (p_tenant, p_feature, today, this_month)
      RETURNING * INTO n;
    END IF;
    IF today > n.day THEN
      n.day := today;
      n.day_used := 0;
      n.day_announced := false;
    END IF;
    IF this_month > n.month THEN
      n.month := this_month;
      n.month_used := 0;
      n.month_announced := false;
    END IF;

    -- What was begun in a window that is over counts there, where nobody looks any more.
    day_after := n.day_used + CASE WHEN today = n.day THEN p_quantity ELSE 0 END;
    month_after := n.month_used + CASE WHEN this_month = n.month THEN p_quantity ELSE 0 END;
    full_day := coalesce(day_after > e.daily_quota, false);
    full_month := coalesce(month_after > e.monthly_quota, false);
    IF (full_day OR full_month) AND NOT e.allow_overages THEN
      t.refused := CASE WHEN full_month
        THEN jsonb_build_object('feature', p_feature, 'reason', 'month', 'text', 'The quota of this month has no room for it.', 'quota', e.monthly_quota::text, 'used', n.month_used::text,
          'resetsAt', to_char(n.month + interval '1 month', 'YYYY-MM-DD"T"00:00:00.000"Z"'))
        ELSE jsonb_build_object('feature', p_feature, 'reason', 'day', 'text', 'The quota of this day has no room for it.', 'quota', e.daily_quota::text, 'used', n.day_used::text,
          'resetsAt', to_char(n.day + 1, 'YYYY-MM-DD"T"00:00:00.000"Z"')) END;
    ELSE
      n.day_used := day_after;
      n.month_used := month_after;
      t.counted := true;
      t.over := least(p_quantity, greatest(0, day_after - e.daily_quota, month_after - e.monthly_quota));
      t.rate := e.overage_rate;
      t.entitlement_id := e.id;
      t.since := e.updated_at;
    END IF;

    -- Each window is announced once: when its quota is used up, or when something did not fit any more.
    full_day := NOT n.day_announced AND coalesce(full_day OR day_after >= e.daily_quota, false);
    full_month := NOT n.month_announced AND coalesce(full_month OR month_after >= e.monthly_quota, false);
    IF full_day THEN
      PERFORM announce(p_tenant, 'billing.quota.used-up', 'quota', e.id, 0, p_cause, jsonb_build_object('feature', p_feature,
        'period', 'day', 'quota', e.daily_quota::text, 'used', n.day_used::text, 'hard', NOT e.allow_overages,
        'resetsAt', to_char(n.day + 1, 'YYYY-MM-DD"T"00:00:00.000"Z"')));
    END IF;
    IF full_month THEN
      PERFORM announce(p_tenant, 'billing.quota.used-up', 'quota', e.id, 0, p_cause, jsonb_build_object('feature', p_feature,
        'period', 'month', 'quota', e.monthly_quota::text, 'used', n.month_used::text, 'hard', NOT e.allow_overages,
        'resetsAt', to_char(n.month + interval '1 month', 'YYYY-MM-DD"T"00:00:00.000"Z"')));
    END IF;
    UPDATE billing_quota_counters
    SET day = n.day, day_used = n.day_used, day_announced = n.day_announced OR full_day,
        month = n.month, month_used = n.month_used, month_announced = n.month_announced OR full_month
    WHERE tenant_id = p_tenant AND feature_key = p_feature;
    RETURN t;
  END $$`;

/** Gives back what was counted at `p_at`, in the windows of that time if they still last. */
const RETURN_QUOTA = `
  CREATE FUNCTION return_quota(p_tenant uuid, p_feature varchar, p_quantity numeric, p_at timestamptz)
  RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE billing_quota_counters
    SET day_used = day_used - CASE WHEN day = (p_at AT TIME ZONE 'UTC')::date THEN p_quantity ELSE 0 END,
        month_used = month_used - CASE WHEN month = date_trunc('month', p_at AT TIME ZONE 'UTC')::date THEN p_quantity ELSE 0 END
    WHERE tenant_id = p_tenant AND feature_key = p_feature
  $$`;

/** Makes or changes the entitlement of a feature; what is counted so far stays. Take the wallet first. */
const SET_ENTITLEMENT = `
  CREATE FUNCTION set_entitlement(p_tenant uuid, p_id uuid, p_feature varchar, p_enabled boolean, p_monthly numeric, p_daily numeric,
    p_overages boolean, p_rate numeric, p_now timestamptz)
  RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = billing, public, pg_temp AS $$
    INSERT INTO billing_feature_entitlements (id, tenant_id, feature_key, enabled, monthly_quota, daily_quota, allow_overages, overage_rate)
    VALUES (p_id, p_tenant, p_feature, p_enabled, p_monthly, p_daily, p_overages, p_rate)
    ON CONFLICT (tenant_id, feature_key) DO UPDATE SET enabled = excluded.enabled, monthly_quota = excluded.monthly_quota,
      daily_quota = excluded.daily_quota, allow_overages = excluded.allow_overages, overage_rate = excluded.overage_rate;
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

export const QUOTA_FUNCTIONS = [
  ...TYPES,
  MONTH_START,
  NEXT_MONTH_START,
  ROUND_HALF_EVEN,
  ANNOUNCE,
  TAKE_QUOTA,
  RETURN_QUOTA,
  SET_ENTITLEMENT,
  `REVOKE EXECUTE ON FUNCTION take_quota, return_quota, announce, set_entitlement FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION set_entitlement TO billing_app`,
];
