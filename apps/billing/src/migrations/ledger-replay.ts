/**
 * What a posting is hashed as: every column but the hash and the lot that paid, amounts in their stored scale, free text with its length before
 * it so that no two rows have one form. `ledger-file.ts` says the same in TypeScript; a test holds them together.
 */
export const LEDGER_LEAF = `
  CREATE OR REPLACE FUNCTION ledger_leaf(l billing_ledger_transactions) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('|', l.id, l.tenant_id, l.wallet_id, l.wallet_seq, l.transaction_type,
      l.amount, l.balance_before, l.balance_after,
      l.reserved_amount, l.reserved_before, l.reserved_after, l.counter_account,
      l.reference_type, coalesce(l.reference_id::text, '-'), coalesce(l.reservation_id::text, '-'),
      coalesce(l.created_by::text, '-'), (extract(epoch FROM l.created_at) * 1000000)::bigint,
      encode(l.request_hash, 'hex'),
      octet_length(l.idempotency_key) || ':' || l.idempotency_key,
      coalesce(octet_length(l.description) || ':' || l.description, '-'),
      octet_length(l.metadata::text) || ':' || l.metadata::text)
  $$`;

/** What the first posting of a wallet is chained to. */
export const CHAIN_START = `
  CREATE FUNCTION chain_start(wallet uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to('leadwire:wallet:' || wallet, 'UTF8'))
  $$`;

const REPLAY = `
  DO $$
  DECLARE
    w billing_wallets;
    l billing_ledger_transactions;
    lot billing_credit_lots;
    head bytea;
    need numeric;
    take numeric;
  BEGIN
    FOR w IN SELECT * FROM billing_wallets LOOP
      head := chain_start(w.id);
      FOR l IN SELECT * FROM billing_ledger_transactions WHERE wallet_id = w.id ORDER BY wallet_seq LOOP
        l.counter_account := CASE l.transaction_type WHEN 'topup' THEN 'cash' WHEN 'credit' THEN 'promotions'
          WHEN 'debit' THEN 'revenue' WHEN 'adjustment' THEN 'adjustments' ELSE 'held' END;
        head := sha256(head || convert_to(ledger_leaf(l), 'UTF8'));
        UPDATE billing_ledger_transactions SET counter_account = l.counter_account, hash = head WHERE id = l.id;
        IF l.amount <> 0 THEN
          INSERT INTO billing_accounts (tenant_id, currency, account, balance)
          VALUES (w.tenant_id, w.currency, l.counter_account, -l.amount)
          ON CONFLICT (tenant_id, currency, account) DO UPDATE SET balance = billing_accounts.balance + excluded.balance;
        END IF;
        IF l.amount > 0 THEN
          INSERT INTO billing_credit_lots (id, tenant_id, wallet_id, wallet_seq, source, priority, granted, remaining, created_at)
          VALUES (l.id, w.tenant_id, w.id, l.wallet_seq, CASE l.transaction_type WHEN 'topup' THEN 'prepaid' ELSE 'granted' END,
            CASE l.transaction_type WHEN 'topup' THEN 50 ELSE 30 END, l.amount, l.amount, l.created_at);
        END IF;
        need := -l.amount;
        WHILE need > 0 LOOP
          SELECT * INTO STRICT lot FROM billing_credit_lots
          WHERE wallet_id = w.id AND remaining > 0 ORDER BY priority, expires_at, wallet_seq LIMIT 1;
          take := least(need, lot.remaining);
          need := need - take;
          UPDATE billing_credit_lots SET remaining = remaining - take WHERE id = lot.id;
          INSERT INTO lot_consumptions VALUES (w.tenant_id, w.id, l.wallet_seq, lot.id, take);
        END LOOP;
      END LOOP;
      UPDATE billing_wallets SET head_hash = head,
        last_posted_at = (SELECT max(created_at) FROM billing_ledger_transactions WHERE wallet_id = w.id)
      WHERE id = w.id;
      INSERT INTO wallet_upkeep (wallet_id, tenant_id, last_seq) VALUES (w.id, w.tenant_id, w.last_seq);
    END LOOP;
  END $$`;

const OWNED = ['billing_wallets', 'billing_ledger_transactions'];

/**
 * Gives the postings that exist their place in the chain, their lots and their counter-accounts. Row-level security lets
 * nobody, not even the owner, see all tenants, and the ledger refuses changes: both are put aside inside this transaction.
 */
export const REPLAY_LEDGER = [
  ...OWNED.map((table) => `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`),
  `ALTER TABLE billing_ledger_transactions DISABLE TRIGGER append_only`,
  REPLAY,
  // Checks that wait for the commit would forbid the changes of the tables below.
  `SET CONSTRAINTS ALL IMMEDIATE`,
  `ALTER TABLE billing_ledger_transactions ENABLE TRIGGER append_only`,
  ...OWNED.map((table) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`),
];
