import type { MigrationInterface, QueryRunner } from 'typeorm';

// Row-level security lets nobody, not even the owner, see all tenants.
const TABLES = ['billing_usage_events', 'billing_usage_months', 'billing_wallets'];
const ENTRY = 'tenant_id, month, category, provider, model, unit, currency';

const COUNT_AGAIN = `
  WITH counted AS (
    SELECT e.tenant_id, date_trunc('month', e.occurred_at AT TIME ZONE 'UTC')::date AS month, item ->> 'category' AS category,
           item ->> 'provider' AS provider, coalesce(item ->> 'model', '') AS model, item ->> 'unit' AS unit, e.currency,
           sum((item ->> 'quantity')::numeric) AS quantity
    FROM billing_usage_events e
    JOIN billing_wallets w ON w.id = e.wallet_id AND w.status <> 'closed'
    CROSS JOIN LATERAL jsonb_array_elements(e.usage_items) item
    WHERE e.status IN ('pending', 'charged') AND item ->> 'quantityBefore' IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  ), kept AS (
    INSERT INTO billing_usage_months AS m (${ENTRY}, quantity)
    SELECT ${ENTRY}, quantity FROM counted
    ON CONFLICT (${ENTRY}) DO UPDATE SET quantity = excluded.quantity WHERE m.quantity <> excluded.quantity
  )
  UPDATE billing_usage_months m SET quantity = 0
  WHERE m.quantity <> 0
    AND NOT EXISTS (SELECT FROM counted c WHERE (${columns('c')}) = (${columns('m')}))`;

/** Usage that was rated again at prices that look at the month, or no longer do, was not counted anew at first: months say what counts. */
export class MonthsCountedAgain20261130070200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    await runner.query(COUNT_AGAIN);
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

function columns(alias: string): string {
  return ENTRY.split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
