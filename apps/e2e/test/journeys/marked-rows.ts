import type pg from 'pg';

type Column = {
  name: string;
  type: string;
  max: number | null;
  nullable: boolean;
};

const TENANT_TABLES = `
  SELECT n.nspname || '.' || c.relname AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  ORDER BY 1`;
const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable,
    CASE WHEN a.atttypmod > 4 AND t.typname = 'varchar' THEN a.atttypmod - 4 END AS max
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''`;

export const SCHEMAS = ['identity', 'leads', 'campaigns', 'billing'];

/** What a table's own rules demand, where any text or number would not do. */
const DEMANDED: Readonly<Record<string, Record<string, unknown>>> = {
  'billing.billing_invoices': {
    status: 'draft',
    subtotal: 1,
    tax: 0,
    total: 1,
    paid_at: null,
    period_end: '2100-01-01',
    line_items: '[]',
    invoice_number: 'INV-1',
    payment_method: 'card',
    currency: 'EUR',
  },
  'billing.billing_pricing_catalog': {
    category: 'email',
    unit: 'message',
    currency: 'USD',
    scheme: 'flat',
    package_size: null,
    tiers: '[]',
    minimum_charge: null,
    effective_to: null,
  },
  'billing.billing_reservations': {
    status: 'open',
    authorized: 1,
    captured: 0,
    released: 0,
    allotted: 0,
    ended_at: null,
  },
  'billing.billing_payment_reversals': {
    kind: 'refund',
    amount: 1,
    taken: 0,
    waived: 0,
    returned: 0,
    undone: false,
  },
  'billing.credit_transactions': { amount: 0, transaction_type: 'allowance', reference_type: 'user' },
  'billing.user_credits': { balance: 0 },
  'billing.wallet_suspensions': { reason: 'dispute' },
  'leads.education_students': { intake_year: 2026 },
};

/** Every table with a `tenant_id`. */
export async function tenantTables(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ table: string }>(TENANT_TABLES, [SCHEMAS]);
  return rows.map(({ table }) => table);
}

/**
 * Gives a tenant a row with `mark` in every text, in each table where it has none yet: what no API writes so far must be erased, too.
 * @returns the tables whose rules refuse such a row; they want an entry above
 */
export async function markEveryTable(database: pg.Client, tenantId: string, mark: string): Promise<string[]> {
  const refused: string[] = [];
  for (const table of await tenantTables(database)) {
    const { rows } = await database.query(`SELECT FROM ${table} WHERE tenant_id = $1 LIMIT 1`, [tenantId]);
    // A tombstone would say that there is nothing to do.
    if (rows.length > 0 || table.endsWith('.tenant_erasures')) continue;
    const { rows: columns } = await database.query<Column>(COLUMNS, [table]);
    const demanded = DEMANDED[table] ?? {};
    const values = columns.map(({ name, type, max }) => {
      if (name === 'tenant_id') return tenantId;
      return name in demanded ? demanded[name] : valueOf(type, max, mark);
    });
    const names = columns.map(({ name }) => name).join(', ');
    const places = columns.map((_, i) => `$${i + 1}`).join(', ');
    // Foreign keys are other tables' business here.
    await database.query(`SET session_replication_role = replica`);
    await database
      .query(`INSERT INTO ${table} (${names}) VALUES (${places})`, values)
      .catch((error: Error) => refused.push(`${table}: ${error.message}`));
    await database.query(`SET session_replication_role = origin`);
  }
  return refused;
}

function valueOf(type: string, max: number | null, mark: string): unknown {
  switch (type) {
    case 'uuid':
      return crypto.randomUUID();
    case 'uuid[]':
      return [];
    case 'text[]':
    case 'character varying[]':
      return [mark];
    case 'boolean':
      return true;
    case 'jsonb':
      return JSON.stringify({ mark });
    case 'bytea':
      return Buffer.alloc(32, 1);
    case 'date':
    case 'timestamp with time zone':
      return '2026-01-01';
    case 'integer':
    case 'bigint':
    case 'numeric':
      return 1;
    default:
      return mark.slice(0, max ?? mark.length);
  }
}

/** The tables, of any schema of ours, that hold `needle` in any column of any row. */
export async function tablesHolding(database: pg.Client, needle: string): Promise<string[]> {
  const { rows } = await database.query<{ table: string }>(
    `SELECT schemaname || '.' || tablename AS "table" FROM pg_tables WHERE schemaname = ANY ($1) ORDER BY 1`,
    [SCHEMAS],
  );
  const tables = rows.map(({ table }) => table);
  return tablesWith(database, tables, 'strpos(t::text, $1) > 0', needle);
}

/** The tables that have a row of a tenant's: quickly found, where {@link tablesHolding} reads every row there is. */
export async function tablesOf(database: pg.Client, tenantId: string): Promise<string[]> {
  return tablesWith(database, await tenantTables(database), 't.tenant_id = $1', tenantId);
}

async function tablesWith(
  database: pg.Client,
  tables: string[],
  condition: string,
  value: string,
): Promise<string[]> {
  const looks = tables.map(
    (table) => `SELECT '${table}' AS "table" WHERE EXISTS (SELECT FROM ${table} t WHERE ${condition})`,
  );
  const { rows } = await database.query<{ table: string }>(looks.join(' UNION ALL '), [value]);
  return rows.map(({ table }) => table).sort();
}
