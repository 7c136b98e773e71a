import { GRANTED_FROM, ofUsage } from './invoices.queries.js';

const OF_WALLET = (alias: string) => `($1::uuid IS NULL OR ${alias}.wallet_id = $1)`;

/** What must hold of invoices, between any two transactions; each answers rows (tenant_id, wallet_id, row, detail). */
export const INVOICE_INVARIANTS = [
  {
    id: 'I16',
    says: 'an invoice asks for its lines and taxes, no more is credited than it asked for, and its number has none before it missing',
    sql: `
      SELECT i.tenant_id, i.wallet_id, i.id::text AS row,
             'lines ' || l.subtotal || ' and taxes ' || t.tax || ' instead of ' || i.subtotal || ' and ' || i.tax AS detail
      FROM billing_invoices i
      CROSS JOIN LATERAL (
        SELECT coalesce(sum((item ->> 'amount')::numeric), 0) AS subtotal FROM jsonb_array_elements(i.line_items) AS x (item)) l
      CROSS JOIN LATERAL (
        SELECT coalesce(sum((item ->> 'amount')::numeric), 0) AS tax FROM jsonb_array_elements(i.tax_items) AS x (item)) t
      WHERE ${OF_WALLET('i')} AND (i.subtotal <> l.subtotal OR i.tax <> t.tax)
      UNION ALL
      SELECT i.tenant_id, i.wallet_id, i.id::text, 'credited ' || n.total || ' of ' || i.total
      FROM billing_invoices i
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.total), 0) AS total, coalesce(sum(c.subtotal), 0) AS subtotal
        FROM billing_credit_notes c WHERE c.tenant_id = i.tenant_id AND c.invoice_id = i.id) n
      WHERE ${OF_WALLET('i')} AND (n.total > i.total OR n.subtotal > i.subtotal)
      UNION ALL
      SELECT w.tenant_id, w.id, s.series, s.last_number || ' is the last number of ' || d.count || ' documents'
      FROM billing_wallets w
      JOIN billing_number_series s ON s.tenant_id = w.tenant_id
      CROSS JOIN LATERAL (
        SELECT CASE s.series
          WHEN 'invoice' THEN (SELECT count(*) FROM billing_invoices i WHERE i.tenant_id = w.tenant_id AND i.invoice_number IS NOT NULL)
          ELSE (SELECT count(*) FROM billing_credit_notes c WHERE c.tenant_id = w.tenant_id) END AS count) d
      WHERE ($1::uuid IS NULL OR w.id = $1) AND w.user_id IS NULL AND d.count <> s.last_number`,
  },
  {
    id: 'I20',
    says: 'each posting of usage is on exactly one invoice, up to the last, and all of them together ask for what was debited',
    sql: `
      SELECT tenant_id, wallet_id, id::text AS row, 'begins at posting ' || from_seq || ' after ' || coalesce(ended, 0) AS detail
      FROM (
        SELECT i.*, lag(to_seq) OVER o AS ended, lag(carried_out) OVER o AS carried
        FROM billing_invoices i WHERE kind = 'usage' AND status <> 'voided' AND ${OF_WALLET('i')}
        WINDOW o AS (PARTITION BY wallet_id ORDER BY from_seq)
      ) chained
      WHERE from_seq <> coalesce(ended, 0) + 1 OR carried_in <> coalesce(carried, 0)
      UNION ALL
      SELECT i.tenant_id, i.wallet_id, i.id::text, 'asks for ' || i.subtotal || ' of ' || u.used || ' used, ' || g.granted || ' granted'
      FROM billing_invoices i
      CROSS JOIN LATERAL (
        SELECT coalesce(-sum(l.amount), 0) AS used
        FROM billing_ledger_transactions l
        WHERE l.wallet_id = i.wallet_id AND l.wallet_seq BETWEEN i.from_seq AND i.to_seq AND ${ofUsage('l')}) u
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.amount), 0) AS granted ${GRANTED_FROM}
        WHERE c.wallet_id = i.wallet_id AND c.wallet_seq BETWEEN i.from_seq AND i.to_seq AND ${ofUsage('l')}
          AND g.counter_account IN ('promotions', 'adjustments')) g
      WHERE ${OF_WALLET('i')} AND i.kind = 'usage' AND i.finalised_at IS NOT NULL
        AND i.subtotal + i.carried_out <> u.used - g.granted + i.carried_in`,
  },
  {
    id: 'I21',
    says: 'a paid invoice was paid once: what the wallet had not paid already was collected, and bought credit was added',
    sql: `
      SELECT i.tenant_id, i.wallet_id, i.id::text AS row, i.total || ' in all, ' || p.collected || ' collected, ' || p.added || ' added' AS detail
      FROM billing_invoices i
      CROSS JOIN LATERAL (
        SELECT coalesce(-sum(l.amount) FILTER (WHERE l.transaction_type = 'debit'), 0) AS collected,
               coalesce(sum(l.amount) FILTER (WHERE l.transaction_type = 'topup'), 0) AS added
        FROM billing_ledger_transactions l
        WHERE l.tenant_id = i.tenant_id AND l.reference_id = i.id AND l.reference_type = 'invoice') p
      WHERE ${OF_WALLET('i')} AND NOT CASE
        WHEN i.status <> 'paid' THEN p.collected = 0 AND p.added = 0
        WHEN i.kind = 'credit' THEN p.collected = 0 AND p.added = i.subtotal
        WHEN i.payment_method = 'wallet' THEN p.added = 0 AND p.collected = i.total - i.prepaid
        ELSE p.collected = 0 AND p.added = 0 END`,
  },
];
