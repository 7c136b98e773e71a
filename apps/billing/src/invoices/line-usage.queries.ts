import type { InvoiceLine } from '@leadwire/contracts';
import { LEDGER_COLUMNS } from '../ledger/ledger.queries.js';
import { USAGE_COLUMNS } from '../usage/usage.queries.js';
import { ofUsage } from './invoices.queries.js';
import { KIND_OF_POSTING } from './lines.queries.js';

const TOLD = ['feature', 'category', 'provider', 'model', 'unit', 'priceId'] as const;

/** The postings behind a line, in the order of the ledger. `$6`: the place that the last page ended with. */
export function postingsOfLine(line: InvoiceLine): { sql: string; filters: unknown[] } {
  const granted = line.kind === 'granted';
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (condition: (place: string) => string, value: unknown) =>
    where.push(`AND ${condition(`$${filters.push(value) + 6}`)}`);
  if (!granted) bind((place) => `${KIND_OF_POSTING} = ${place}`, line.kind);
  if (line.feature !== null) bind((place) => `u.feature_key = ${place}`, line.feature);
  const item = Object.fromEntries(
    TOLD.slice(1).flatMap((name) => (line[name] === null ? [] : [[name, line[name]]])),
  );
  if (Object.keys(item).length > 0)
    bind((place) => `u.usage_items @> ${place}::jsonb`, JSON.stringify([item]));
  if (granted) where.push(`AND EXISTS (${FROM_GRANTED_LOT})`);
  const sql = `
    SELECT ${LEDGER_COLUMNS}, l.usage_id AS "usageId"
    FROM (
      SELECT l.*, u.id AS usage_id
      FROM billing_ledger_transactions l
      LEFT JOIN billing_usage_events u
        ON l.reference_type = 'usage_event' AND u.tenant_id = l.tenant_id AND u.id = l.reference_id
      WHERE l.tenant_id = $1 AND l.wallet_id = $2 AND l.wallet_seq BETWEEN $3 AND $4
        AND ($6::bigint IS NULL OR l.wallet_seq > $6)
        AND ${ofUsage('l')}
        ${where.join('\n        ')}
      ORDER BY l.wallet_seq
      LIMIT $5
    ) l
    ORDER BY wallet_seq`;
  return { sql, filters };
}

const FROM_GRANTED_LOT = `
  SELECT
  FROM lot_draws c
  JOIN billing_credit_lots t ON t.tenant_id = c.tenant_id AND t.id = c.lot_id
  JOIN billing_ledger_transactions g ON g.wallet_id = t.wallet_id AND g.wallet_seq = t.wallet_seq
  WHERE c.wallet_id = l.wallet_id AND c.wallet_seq = l.wallet_seq AND g.counter_account IN ('promotions', 'adjustments')`;

export const USAGE_BY_IDS = `
  SELECT ${USAGE_COLUMNS}
  FROM billing_usage_events u
  WHERE u.tenant_id = $1 AND u.id = ANY ($2::uuid[])`;
