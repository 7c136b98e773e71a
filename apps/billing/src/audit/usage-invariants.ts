import type { Invariant } from './invariants.js';

/** What must hold of the months that decide what the next use costs. */
export const USAGE_INVARIANTS: Invariant[] = [
  {
    id: 'I22',
    says: 'a month has counted, of each entry of the price list, the units of its usage whose price looked at the month and that are not voided',
    // What comes after a wallet was closed is not recorded, and its months go with the team.
    sql: `
      SELECT w.tenant_id, w.id AS wallet_id, concat_ws(' ', month, category, provider, nullif(model, ''), unit) AS row,
             coalesce(m.quantity, 0) || ' counted instead of ' || coalesce(u.quantity, 0) AS detail
      FROM billing_usage_months m
      FULL JOIN (
        SELECT e.tenant_id, e.currency, date_trunc('month', e.occurred_at AT TIME ZONE 'UTC')::date AS month,
               item ->> 'category' AS category, item ->> 'provider' AS provider, coalesce(item ->> 'model', '') AS model,
               item ->> 'unit' AS unit, sum((item ->> 'quantity')::numeric) AS quantity
        FROM billing_usage_events e
        CROSS JOIN LATERAL jsonb_array_elements(e.usage_items) item
        WHERE ($1::uuid IS NULL OR e.wallet_id = $1) AND e.status IN ('pending', 'charged') AND item ->> 'quantityBefore' IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6, 7
      ) u USING (tenant_id, currency, month, category, provider, model, unit)
      JOIN billing_wallets w ON w.tenant_id = coalesce(m.tenant_id, u.tenant_id) AND w.user_id IS NULL AND w.status <> 'closed'
      WHERE ($1::uuid IS NULL OR w.id = $1) AND coalesce(m.quantity, 0) <> coalesce(u.quantity, 0)`,
  },
];
