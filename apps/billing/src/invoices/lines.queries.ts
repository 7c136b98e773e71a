import { GRANTED_FROM, ofUsage } from './invoices.queries.js';

/** Postings of a wallet from `$3` to `$4`. */
const POSTINGS = `l.tenant_id = $1 AND l.wallet_id = $2 AND l.wallet_seq BETWEEN $3 AND $4`;

// A charge, or all of it given back, is told by its items; a posting of another amount only by what it is for.
const ITEMISED = `u.id IS NOT NULL AND abs(l.amount) = u.total_cost AND jsonb_array_length(u.usage_items) > 0`;

const OF_RANGE = `
  FROM billing_ledger_transactions l
  LEFT JOIN billing_usage_events u
    ON l.reference_type = 'usage_event' AND u.tenant_id = l.tenant_id AND u.id = l.reference_id`;
const IN_RANGE = `
  WHERE ${POSTINGS} AND ${ofUsage('l')}`;

export const KIND_OF_POSTING = `CASE
  WHEN l.reference_type = 'usage_event' AND l.amount <= 0 THEN 'usage'
  WHEN l.amount > 0 THEN 'correction'
  WHEN l.reference_type = 'reservation' THEN 'held'
  ELSE 'other' END`;

/** What the postings of a range were for, added up by what an invoice tells apart. */
export const GROUPED_POSTINGS = `
  SELECT ${KIND_OF_POSTING} AS kind, u.feature_key AS feature, item ->> 'category' AS category, item ->> 'provider' AS provider,
         item ->> 'model' AS model, item ->> 'unit' AS unit, item ->> 'priceId' AS "priceId",
         sum(CASE WHEN l.amount > 0 THEN -1 ELSE 1 END * (item ->> 'quantity')::numeric)::text AS quantity,
         min(item ->> 'unitPrice') AS "unitPrice", count(DISTINCT item ->> 'unitPrice')::int AS "unitPrices",
         sum(CASE WHEN l.amount > 0 THEN -1 ELSE 1 END * (item ->> 'cost')::numeric)::text AS exact
  ${OF_RANGE}
  CROSS JOIN LATERAL jsonb_array_elements(u.usage_items) item
  ${IN_RANGE} AND ${ITEMISED}
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  UNION ALL
  SELECT ${KIND_OF_POSTING}, u.feature_key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, sum(-l.amount)::text
  ${OF_RANGE} ${IN_RANGE} AND NOT (${ITEMISED})
  GROUP BY 1, 2`;

/**
 * What postings of usage took of money that nobody paid for: lots that were given, by promotion or by hand. What was given back to
 * such a lot counts against it.
 */
export const GRANTED_SHARE = `
  SELECT coalesce(sum(c.amount), 0)::text AS granted ${GRANTED_FROM}
  WHERE c.tenant_id = $1 AND c.wallet_id = $2 AND c.wallet_seq BETWEEN $3 AND $4
    AND ${ofUsage('l')}
    AND g.counter_account IN ('promotions', 'adjustments')`;
