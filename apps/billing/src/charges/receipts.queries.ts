import type { LotDrawn } from '@leadwire/contracts';
import { PRICE_ORIGIN } from '../prices/prices.queries.js';
import { LEDGER_COLUMNS, type LedgerRow } from '../ledger/ledger.queries.js';

export type PostingRow = LedgerRow & {
  hashBefore: string;
  hashed: string;
  lots: LotDrawn[] | null;
};

/** The usage event that `$2` is, or that the posting `$2` is about, and the wallet's chain as it stands. */
export const FIND_CHARGE = `
  SELECT coalesce(u.id, paid.id) AS "usageId", l.id AS "postingId", w.last_seq AS "chainLength",
         encode(w.head_hash, 'hex') AS "chainHead"
  FROM billing_wallets w
  LEFT JOIN billing_usage_events u ON u.tenant_id = w.tenant_id AND u.id = $2
  LEFT JOIN billing_ledger_transactions l ON l.tenant_id = w.tenant_id AND l.id = $2
  LEFT JOIN billing_usage_events paid ON l.reference_type = 'usage_event' AND paid.tenant_id = l.tenant_id AND paid.id = l.reference_id
  WHERE w.tenant_id = $1
    AND w.user_id IS NULL
    AND (u.id IS NOT NULL OR l.id IS NOT NULL)`;

/** Where the prices of usage `$2` come from; what lies above a quota is at the rate of its entitlement, which is no price of the list. */
export const PRICES_OF_CHARGE = `
  SELECT p.id AS "priceId", ${PRICE_ORIGIN}
  FROM billing_pricing_catalog p
  WHERE p.id IN (
    SELECT (item ->> 'priceId')::uuid
    FROM billing_usage_events u
    CROSS JOIN jsonb_array_elements(u.usage_items) item
    WHERE u.tenant_id = $1 AND u.id = $2)
  ORDER BY p.id`;

/** Everything that was posted about usage `$3`, or the posting `$2` alone. */
export const POSTINGS_OF_CHARGE = `
  SELECT ${LEDGER_COLUMNS},
         encode(coalesce(
           (SELECT p.hash FROM billing_ledger_transactions p WHERE p.wallet_id = l.wallet_id AND p.wallet_seq = l.wallet_seq - 1),
           chain_start(l.wallet_id)), 'hex') AS "hashBefore",
         ledger_leaf(l) AS hashed,
         (SELECT json_agg(json_build_object('lotId', t.id, 'source', t.source, 'priority', t.priority, 'expiresAt', t.expires_at,
                            'amount', c.amount::text) ORDER BY t.priority, t.expires_at, t.wallet_seq)
          FROM lot_draws c
          JOIN billing_credit_lots t ON t.tenant_id = c.tenant_id AND t.id = c.lot_id
          WHERE c.wallet_id = l.wallet_id AND c.wallet_seq = l.wallet_seq) AS lots
  FROM billing_ledger_transactions l
  WHERE l.tenant_id = $1
    AND l.id IN (
      SELECT id FROM billing_ledger_transactions WHERE tenant_id = $1 AND id = $2
      UNION
      SELECT id FROM billing_ledger_transactions WHERE tenant_id = $1 AND reference_id = $3 AND reference_type = 'usage_event')
  ORDER BY l.wallet_seq
  LIMIT $4`;
