/** A change of a member's credit: what is left follows from allowance, usage and what is held, and each change is a transaction. */
const CHANGE_CREDIT = `
  CREATE FUNCTION change_credit(u user_credits, p_type varchar, p_reference_type varchar, p_reference uuid, p_now timestamptz, p_metadata jsonb)
  RETURNS user_credits LANGUAGE plpgsql VOLATILE AS $$
  DECLARE
    before numeric(20,6) := u.balance;
  BEGIN
    u.balance := greatest(0, coalesce(u.monthly_allowance, 0) - u.monthly_usage - u.held);
    u.last_seq := u.last_seq + 1;
    UPDATE user_credits
    SET balance = u.balance, monthly_usage = u.monthly_usage, held = u.held, monthly_allowance = u.monthly_allowance,
        last_usage_reset = u.last_usage_reset, last_seq = u.last_seq
    WHERE tenant_id = u.tenant_id AND id = u.id;
    INSERT INTO credit_transactions (id, user_id, tenant_id, user_credit_id, seq, amount, transaction_type, reference_type, reference_id,
      balance_before, balance_after, metadata, created_at)
    VALUES (gen_random_uuid(), u.user_id, u.tenant_id, u.id, u.last_seq, u.balance - before, p_type, p_reference_type, p_reference,
      -- Clocks differ, and one may be behind the one that began this month: what counts for a month is not from before its begin.
      before, u.balance, p_metadata, greatest(p_now, u.last_usage_reset));
    RETURN u;
  END $$`;

/** The credit of a member who has an allowance, begun anew if its month is over; nothing for all others. */
const CURRENT_CREDIT = `
  CREATE FUNCTION current_credit(p_tenant uuid, p_user uuid, p_now timestamptz) RETURNS user_credits LANGUAGE plpgsql VOLATILE AS $$
  DECLARE
    u user_credits;
  BEGIN
    SELECT * INTO u FROM user_credits WHERE tenant_id = p_tenant AND user_id = p_user AND monthly_allowance IS NOT NULL FOR UPDATE;
    IF FOUND AND u.last_usage_reset < month_start(p_now) THEN
      u.last_usage_reset := p_now;
      u.monthly_usage := 0;
      u := change_credit(u, 'reset', NULL, NULL, p_now, jsonb_build_object('held', u.held::text));
    END IF;
    RETURN u;
  END $$`;

/**
 * Counts a posting for the member who caused it: what was spent, and what is held more or less than before. The wallet pays whether
 * or not the allowance covers it; what it does not cover makes the usage larger than the allowance, and nothing is left.
 */
const DRAW_CREDIT = `
  CREATE FUNCTION draw_credit(p_tenant uuid, p_user uuid, p_spent numeric, p_held numeric, p_ledger uuid, p_now timestamptz, p_cause jsonb)
  RETURNS void LANGUAGE plpgsql VOLATILE AS $$
  DECLARE
    u user_credits := current_credit(p_tenant, p_user, p_now);
    before numeric(20,6) := u.balance;
    spent numeric(20,6) := greatest(p_spent, -u.monthly_usage);
  BEGIN
    IF u.id IS NULL THEN RETURN; END IF;
    u.monthly_usage := u.monthly_usage + spent;
    u.held := u.held + p_held;
    u := change_credit(u, CASE WHEN p_spent <> 0 THEN 'usage' WHEN p_held > 0 THEN 'hold' ELSE 'release' END,
      'ledger_transaction', p_ledger, p_now, jsonb_build_object('spent', spent::text, 'held', p_held::text));
    IF u.balance = 0 AND before > 0 THEN
      PERFORM announce(p_tenant, 'billing.allowance.used-up', 'allowance', u.id, u.last_seq, p_cause, jsonb_build_object('userId', u.user_id,
        'monthlyAllowance', u.monthly_allowance::text, 'monthlyUsage', u.monthly_usage::text,
        'resetsAt', to_char(next_month_start(p_now) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"00:00:00.000"Z"')));
    END IF;
  END $$`;

/**
 * Sets what a member may spend in a month, null for no limit; what is held by open reservations counts from the start. Take the
 * wallet first: that is what keeps postings from moving meanwhile.
 */
const SET_ALLOWANCE = `
  CREATE FUNCTION set_allowance(p_tenant uuid, p_id uuid, p_user uuid, p_allowance numeric, p_by uuid, p_now timestamptz)
  RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = billing, public, pg_temp AS $$
  DECLARE
    u user_credits;
    was numeric;
  BEGIN
    p_now := greatest(p_now, (SELECT last_posted_at FROM billing_wallets WHERE tenant_id = p_tenant AND user_id IS NULL));
    INSERT INTO user_credits (id, tenant_id, user_id, last_usage_reset) VALUES (p_id, p_tenant, p_user, p_now)
    ON CONFLICT (tenant_id, user_id) DO NOTHING;
    u := current_credit(p_tenant, p_user, p_now);
    IF u.id IS NULL THEN
      SELECT * INTO STRICT u FROM user_credits WHERE tenant_id = p_tenant AND user_id = p_user FOR UPDATE;
      -- Nothing was counted while there was no allowance.
      IF u.last_usage_reset < month_start(p_now) THEN
        u.last_usage_reset := p_now;
        u.monthly_usage := 0;
      END IF;
    END IF;
    IF u.monthly_allowance IS NOT DISTINCT FROM p_allowance THEN RETURN; END IF;
    was := u.monthly_allowance;
    u.monthly_allowance := p_allowance;
    u.held := CASE WHEN p_allowance IS NULL THEN 0 ELSE (
      SELECT coalesce(sum(authorized - captured - released), 0) FROM billing_reservations
      WHERE tenant_id = p_tenant AND created_by = p_user AND parent_id IS NULL AND status = 'open') END;
    PERFORM change_credit(u, 'allowance', 'user', p_by, p_now,
      jsonb_build_object('from', was::text, 'to', u.monthly_allowance::text, 'held', u.held::text));
    INSERT INTO limit_upkeep (tenant_id, reset_due) VALUES (p_tenant, next_month_start(p_now))
    ON CONFLICT (tenant_id) DO UPDATE SET reset_due = least(limit_upkeep.reset_due, excluded.reset_due);
  END $$`;

/** Begins the allowances of a tenant anew whose month is over; says how many. Take the wallet first. */
const RESET_ALLOWANCES = `
  CREATE FUNCTION reset_allowances(p_tenant uuid, p_now timestamptz)
  RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = billing, public, pg_temp AS $$
  DECLARE
    started int;
  BEGIN
    SELECT count(current_credit(p_tenant, user_id, p_now)) INTO started
    FROM user_credits
    WHERE tenant_id = p_tenant AND monthly_allowance IS NOT NULL AND last_usage_reset < month_start(p_now);
    UPDATE limit_upkeep SET reset_due = CASE WHEN EXISTS (
        SELECT FROM user_credits WHERE tenant_id = p_tenant AND monthly_allowance IS NOT NULL)
      THEN next_month_start(p_now) END
    WHERE tenant_id = p_tenant;
    RETURN started;
  END $$`;

export const ALLOWANCE_FUNCTIONS = [
  CHANGE_CREDIT,
  CURRENT_CREDIT,
  DRAW_CREDIT,
  SET_ALLOWANCE,
  RESET_ALLOWANCES,
  `REVOKE EXECUTE ON FUNCTION change_credit, current_credit, draw_credit, set_allowance, reset_allowances FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION set_allowance, reset_allowances TO billing_app`,
];
