import type { AnalyseUsage, UsageGroup } from '@leadwire/contracts';

export type UsageGroupRow = {
  key: string;
  period: Date | null;
  count: number;
  failed: number;
  quantity: string;
  cost: string;
  charged: string;
  pending: string;
  currency: string;
};

type Source = { key: string; items: boolean };

// Days and months begin at midnight UTC, whatever the database thinks of time zones.
const beginOf = (unit: string) => `date_trunc('${unit}', u.occurred_at AT TIME ZONE 'UTC')`;

const GROUPS: Record<UsageGroup, Source> = {
  feature: { key: 'u.feature_key', items: false },
  user: { key: 'u.user_id::text', items: false },
  campaign: { key: `left(u.metadata ->> 'campaignId', 200)`, items: false },
  day: { key: `to_char(${beginOf('day')}, 'YYYY-MM-DD')`, items: false },
  month: { key: `to_char(${beginOf('month')}, 'YYYY-MM')`, items: false },
  category: { key: 'i.category', items: true },
  provider: { key: 'i.provider', items: true },
  model: { key: 'i.model', items: true },
};

const ITEMS = `
    CROSS JOIN LATERAL jsonb_to_recordset(u.usage_items)
      AS i (category text, provider text, model text, quantity numeric, cost numeric)`;

/**
 * Adds up a span of a tenant's usage. `$1` tenant, `$2` limit, `$3`, `$4` span, `$5` … `$7` where the last page ended: period, cost,
 * key. What has no key comes as an empty one.
 */
export function analyseUsage(input: AnalyseUsage): { sql: string; filters: unknown[] } {
  const { groupBy, interval, feature, category, provider, userId, campaignId } = input;
  const { key, items } = GROUPS[groupBy];
  const byItem = items || category !== undefined || provider !== undefined;
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (column: string, value: unknown) => {
    if (value !== undefined) where.push(`AND ${column} = $${filters.push(value) + 7}`);
  };
  bind('u.feature_key', feature);
  bind('u.user_id', userId);
  bind(`u.metadata ->> 'campaignId'`, campaignId);
  bind('i.category', category);
  bind('i.provider', provider);
  const [quantity, cost] = byItem
    ? ['i.quantity', 'coalesce(i.cost, 0)']
    : ['u.total_quantity', 'u.total_cost'];
  const period = interval === undefined ? 'NULL::timestamptz' : `${beginOf(interval)} AT TIME ZONE 'UTC'`;
  const sql = `
    SELECT *
    FROM (
      SELECT coalesce(${key}, '') AS key, ${period} AS period, count(*)::int AS count,
             (count(*) FILTER (WHERE u.status = 'failed'))::int AS failed,
             sum(${quantity})::numeric(20,6) AS quantity, sum(${cost})::numeric(20,6) AS cost,
             coalesce(sum(${cost}) FILTER (WHERE u.status = 'charged'), 0)::numeric(20,6) AS charged,
             coalesce(sum(${cost}) FILTER (WHERE u.status = 'pending'), 0)::numeric(20,6) AS pending,
             max(u.currency) AS currency
      FROM billing_usage_events u${byItem ? ITEMS : ''}
      WHERE u.tenant_id = $1
        AND u.occurred_at >= $3
        AND u.occurred_at < $4
        AND u.status <> 'voided'
        ${where.join('\n        ')}
      GROUP BY 1, 2
    ) grouped
    WHERE $7::text IS NULL
       OR coalesce(period, '-infinity') > coalesce($5::timestamptz, '-infinity')
       OR (coalesce(period, '-infinity') = coalesce($5::timestamptz, '-infinity')
         AND (cost < $6::numeric OR (cost = $6::numeric AND key > $7::text)))
    ORDER BY period NULLS FIRST, cost DESC, key
    LIMIT $2`;
  return { sql, filters };
}
