import pg from 'pg';

const TENANT_TABLES = `
  SELECT n.nspname AS schema, c.relname AS "table", a.attname AS "column", c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
         EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*'
                 AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) AS policy,
         has_table_privilege(n.nspname || '_app', c.oid, 'SELECT') AS readable,
         pg_get_userbyid(c.relowner) AS owner
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    AND (a.attname = 'tenant_id' OR (n.nspname, c.relname, a.attname) = ('identity', 'tenants', 'id'))
  WHERE c.relkind IN ('r', 'p')
    AND EXISTS (SELECT FROM pg_roles WHERE rolname = n.nspname || '_app')
  ORDER BY 1, 2`;
const ROLES = `
  SELECT rolname AS role, rolsuper AS super, rolbypassrls AS bypasses
  FROM pg_roles
  WHERE rolname ~ '_(app|relay)$'
  ORDER BY 1`;

/**
 * Tables that a service reads across tenants on purpose, because what finds out whose turn it is acts for nobody yet. They hold
 * ids, times and counters, and nothing of what a team knows or does. Whoever adds one says why here.
 */
export const OPEN_TABLES: ReadonlyMap<string, string> = new Map([
  ['campaigns.tenant_schedule', 'when a team next has something to send'],
  [
    'billing.limit_upkeep',
    'when usage that waits for a quota may be charged, and when allowances begin anew',
  ],
  ['billing.invoice_upkeep', 'when something of invoices is next due'],
  ['billing.wallet_upkeep', 'when something of a wallet next expires, and how far its ledger was audited'],
  ['billing.auto_top_up_queue', 'whose balance fell below what it is topped up at'],
  ['identity.tenant_entitlements', "the version of a team's rights, for who publishes them all"],
]);

type TenantTable = {
  schema: string;
  table: string;
  /** Which column names the tenant. */
  column: string;
  enabled: boolean;
  forced: boolean;
  policy: boolean;
  readable: boolean;
  owner: string;
};
/** What row-level security is, table by table, and what of it does not hold. */
export type Catalogue = { tables: number; roles: number; rowsTried: number; violations: string[] };

/**
 * Reads from the catalogue whether every tenant's table is protected from the role that the service works as, and then tries it:
 * as that role, under one tenant and under none, no row of the other may show.
 * @param roleUrl the database as one of its roles
 */
export async function catalogueOf(
  admin: pg.Pool,
  roleUrl: (role: string) => string,
  { victimId, homeId }: { victimId: string; homeId: string },
): Promise<Catalogue> {
  const { rows: tables } = await admin.query<TenantTable>(TENANT_TABLES);
  const { rows: roles } = await admin.query<{ role: string; super: boolean; bypasses: boolean }>(ROLES);
  const violations = [
    ...tables.flatMap(tableFaults),
    ...roles
      .filter((role) => role.super || role.bypasses)
      .map(({ role }) => `${role} is not bound by row-level security`),
  ];
  let rowsTried = 0;
  for (const schema of new Set(tables.map((table) => table.schema))) {
    const readable = tables.filter(
      (table) => table.schema === schema && table.readable && !OPEN_TABLES.has(`${schema}.${table.table}`),
    );
    for (const table of readable) rowsTried += await rowsOf(admin, table, victimId);
    violations.push(...(await tryRole(roleUrl(`${schema}_app`), readable, { victimId, homeId })));
  }
  return { tables: tables.length, roles: roles.length, rowsTried, violations };
}

function tableFaults({ schema, table, enabled, forced, policy, readable, owner }: TenantTable): string[] {
  const name = `${schema}.${table}`;
  const faults: string[] = [];
  if (owner === `${schema}_app`) faults.push(`${name} belongs to the role that works on it`);
  // What the service's role cannot reach needs no policy: partitions are reached through their table only.
  if (!readable) return faults;
  if (!enabled) faults.push(`${name} has no row-level security`);
  if (!forced) faults.push(`${name} does not force row-level security on its owner`);
  if (!policy) faults.push(`${name} has no policy for both reading and writing`);
  return faults;
}

async function rowsOf(
  client: pg.Client | pg.Pool,
  { schema, table, column }: TenantTable,
  tenantId: string,
): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)} WHERE ${column} = $1`,
    [tenantId],
  );
  return rows[0]?.n ?? 0;
}

async function tryRole(
  url: string,
  tables: TenantTable[],
  { victimId, homeId }: { victimId: string; homeId: string },
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const violations: string[] = [];
  try {
    for (const tenantId of [homeId, '']) {
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId]);
      for (const table of tables) {
        const seen = await rowsOf(client, table, victimId);
        if (seen > 0)
          violations.push(
            `${table.schema}.${table.table} shows ${seen} rows of another tenant under ${tenantId ? 'one' : 'no'} tenant`,
          );
      }
    }
  } finally {
    await client.end();
  }
  return violations;
}
