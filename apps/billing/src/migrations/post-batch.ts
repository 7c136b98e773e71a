import { MOVE_RESERVATION, RESERVATION_MOVE } from './move-reservation.js';
import { COUNT_FOR_PERSON } from './post-batch-limits.js';
import { CLOSE_BATCH, DECIDE, DRAIN, SET_ASIDE, WRITE_DOWN } from './post-batch-steps.js';

const TYPES = [
  `CREATE TYPE posting_command AS (
     place int, kind varchar(20), id uuid, key varchar(300), hash bytea, amount numeric(20,6), reference_type varchar(30),
     reference_id uuid, created_by uuid, description text, reservation_id uuid, parent_id uuid, until timestamptz,
     close boolean, source varchar(20), priority smallint, usage jsonb, feature varchar(60), quantity numeric(20,6))`,
  `CREATE TYPE posting_answer AS (
     place int, outcome text, "ledgerId" uuid, seq bigint, balance text, reserved text, available text, state jsonb)`,
  RESERVATION_MOVE,
];

/** What ended by now, as commands: drawn reservations before their budgets, and lots last, when what was held is free again. */
const DUE_COMMANDS = `
  CREATE FUNCTION due_commands(p_wallet uuid, p_now timestamptz) RETURNS SETOF posting_command LANGUAGE sql STABLE AS $$
    SELECT row_number() OVER (ORDER BY stage, expires_at, id)::int - 1000000, kind, gen_random_uuid(), key,
           sha256(convert_to(key, 'UTF8')), 0::numeric(20,6), reference_type, id, NULL::uuid, note, reservation_id, NULL::uuid,
           NULL::timestamptz, true, NULL::varchar, NULL::smallint, NULL::jsonb, NULL::varchar, NULL::numeric(20,6)
    FROM (
      (SELECT CASE WHEN parent_id IS NULL THEN 2 ELSE 1 END AS stage, expires_at, id, 'lapse'::varchar AS kind,
              'lapse:' || id AS key, 'reservation'::varchar AS reference_type, 'Reservation expired' AS note, id AS reservation_id
       FROM billing_reservations
       WHERE wallet_id = p_wallet AND status = 'open' AND expires_at <= p_now
       ORDER BY parent_id IS NULL, expires_at, id
       LIMIT 500)
      UNION ALL
      (SELECT 3, expires_at, id, 'expire', 'expire:' || id, 'credit_lot', 'Credit expired', NULL
       FROM billing_credit_lots
       WHERE wallet_id = p_wallet AND spendable AND expires_at IS NOT NULL AND expires_at <= p_now
       ORDER BY expires_at, id
       LIMIT 500)
    ) due
  $$`;

/**
 * What is known of each command's key. The keys are probed one by one: OFFSET 0 keeps the planner from turning it into a join over
 * the whole ledger (3.5 k instead of 26 k postings/s on fresh statistics).
 */
export const PROBED_COMMANDS = `
  SELECT asked.*,
         -- Usage that was charged later has its key in the ledger too, with the hash of the charge; its own says what was used.
         CASE WHEN used.id IS NULL THEN coalesce(posted.hash, refused.hash)
              WHEN asked.kind IN ('usage', 'fail') THEN used.hash ELSE '' END AS prior_hash,
         CASE WHEN posted.id IS NOT NULL OR used.id IS NOT NULL THEN 'duplicate' ELSE refused.outcome END AS prior_outcome,
         posted.id AS prior_id, posted.wallet_seq AS prior_seq, posted.balance_after AS prior_balance,
         posted.reserved_after AS prior_reserved, refused.available AS prior_available,
         coalesce(posted.state, refused.detail) AS prior_state
  FROM (SELECT * FROM unnest(due) UNION ALL SELECT * FROM json_populate_recordset(NULL::posting_command, p_commands)) asked
  LEFT JOIN LATERAL (
    SELECT t.id, t.request_hash AS hash, t.wallet_seq, t.balance_after, t.reserved_after, t.metadata AS state
    FROM billing_ledger_transactions t
    WHERE t.tenant_id = p_tenant AND t.idempotency_key = asked.key
    OFFSET 0
  ) posted ON true
  LEFT JOIN LATERAL (
    SELECT r.request_hash AS hash, r.outcome, r.available, r.detail
    FROM billing_refusals r
    WHERE r.tenant_id = p_tenant AND r.idempotency_key = asked.key
    OFFSET 0
  ) refused ON true
  LEFT JOIN LATERAL (
    SELECT e.id, e.request_hash AS hash
    FROM billing_usage_events e
    WHERE asked.kind <> 'charge' AND e.tenant_id = p_tenant AND e.idempotency_key = asked.key
    OFFSET 0
  ) used ON true
  ORDER BY asked.place`;

/**
 * The one place where money moves. It takes a batch of commands for one wallet, decides each in order, and writes ledger, lots,
 * reservations, usage, counter-accounts, balance and outbox together; what expired meanwhile goes first, so that no answer
 * depends on when somebody swept. It runs with the owner's rights, because nobody else has any on these tables; row-level
 * security binds the owner too.
 *
 * The wallet is locked in a statement of its own: under READ COMMITTED the next one gets a fresh snapshot, and so sees what the
 * holder before us committed. Time never runs backwards in a wallet, whatever the clocks of the callers say.
 *
 * Without a wallet, the batch is a transaction of its own on the tenant's wallet: it sets the tenant, posts, and commits in one round
 * trip. Whatever more there is to do than to post goes the long way: it returns nothing then, or, when only the posting showed it
 * (the balance crossed a mark), fails with GOES_THE_LONG_WAY, and nothing happened.
 */
const POST = `
  CREATE FUNCTION post_batch(p_tenant uuid, p_wallet uuid, p_now timestamptz, p_commands json, p_event uuid, p_version bigint, p_cause jsonb)
  RETURNS json LANGUAGE plpgsql VOLATILE SECURITY DEFINER
  SET search_path = billing, public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off
  AS $$
  DECLARE
    w billing_wallets;
    alone boolean := false;
    balance numeric(20,6);
    c record;
    l billing_ledger_transactions;
    v billing_usage_events;
    m reservation_move;
    due posting_command[] := '{}';
    ledger billing_ledger_transactions[] := '{}';
    uses billing_usage_events[] := '{}';
    draws lot_consumptions[] := '{}';
    answers posting_answer[] := '{}';
    paid_usage uuid[] := '{}';
    paid_by uuid[] := '{}';
    counted_usage uuid[] := '{}';
    outcome text;
    type text;
    moved numeric(20,6);
    held numeric(20,6);
    available numeric(20,6);
    state jsonb;
    reservation uuid;
    lot_id uuid;
    lot_left numeric(20,6);
    spent uuid;
    need numeric;
    took numeric;
    waits boolean;
    blocked boolean := false;
    changed int;
    quotas boolean;
    allowances boolean;
    expired boolean;
    quota record;
    counted boolean;
    person uuid;
    awaited timestamptz;
  BEGIN
    IF p_wallet IS NOT NULL THEN
      SELECT * INTO STRICT w FROM billing_wallets WHERE tenant_id = p_tenant AND id = p_wallet FOR UPDATE;
    ELSE
      alone := true;
      IF current_setting('app.tenant_id', true) <> '' THEN
        RAISE EXCEPTION 'a batch that is posted alone is no part of another transaction' USING ERRCODE = '42501';
      END IF;
      PERFORM set_config('app.tenant_id', p_tenant::text, true);
      SELECT * INTO w FROM billing_wallets WHERE tenant_id = p_tenant AND user_id IS NULL FOR UPDATE;
      IF w.id IS NULL OR w.exhausted_at IS NOT NULL OR w.low_balance_notified_at IS NOT NULL THEN RETURN NULL; END IF;
      p_wallet := w.id;
      balance := w.current_balance;
    END IF;
    p_now := greatest(p_now, w.last_posted_at);
    w.head_hash := coalesce(w.head_hash, chain_start(p_wallet));
    waits := w.exhausted_at IS NOT NULL;
    SELECT EXISTS (SELECT FROM billing_feature_entitlements WHERE tenant_id = p_tenant),
           EXISTS (SELECT FROM user_credits WHERE tenant_id = p_tenant AND monthly_allowance IS NOT NULL),
           w.status IN ('active', 'suspended')
             AND EXISTS (SELECT FROM wallet_upkeep WHERE wallet_id = p_wallet AND expires_next <= p_now),
           lot.id, lot.remaining
    INTO quotas, allowances, expired, lot_id, lot_left
    FROM (VALUES (true)) one
    LEFT JOIN (
      SELECT id, remaining FROM billing_credit_lots
      WHERE wallet_id = p_wallet AND spendable
      ORDER BY priority, expires_at, wallet_seq LIMIT 1
    ) lot ON true;
    IF expired THEN due := ARRAY(SELECT x FROM due_commands(p_wallet, p_now) x ORDER BY (x).place); END IF;

    FOR c IN ${PROBED_COMMANDS} LOOP
      ${DECIDE}
      ${SET_ASIDE}
      ${DRAIN}
      ${WRITE_DOWN}
      ${COUNT_FOR_PERSON}
    END LOOP;

    ${CLOSE_BATCH}
  END $$`;

/** What the function works with. */
export const POSTING_BASE = [
  ...TYPES,
  MOVE_RESERVATION,
  `REVOKE EXECUTE ON FUNCTION move_reservation FROM PUBLIC`,
];

export const POSTING_FUNCTION = [
  DUE_COMMANDS,
  POST,
  `REVOKE EXECUTE ON FUNCTION post_batch, due_commands FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION post_batch TO billing_app`,
];
