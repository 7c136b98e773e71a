import type pg from 'pg';

/** Every table of a service that says whose its rows are, with the column that says it. */
const OWNED_TABLES = `
  SELECT DISTINCT ON (c.oid) quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table", a.attname AS "column"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
  WHERE c.relkind = 'r'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')
    AND n.nspname NOT LIKE 'pg\\_%'
    AND a.attname IN ('tenant_id', 'user_id', 'id')
    AND (a.attname <> 'id' OR (n.nspname, c.relname) IN (('identity', 'tenants'), ('identity', 'users')))
  ORDER BY c.oid, array_position(ARRAY['tenant_id', 'user_id', 'id'], a.attname::text)`;
const OTHER_TABLES = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r'
    AND EXISTS (SELECT FROM pg_roles WHERE rolname = n.nspname || '_app')
    AND NOT quote_ident(n.nspname) || '.' || quote_ident(c.relname) = ANY ($1::text[])
  ORDER BY 1`;

/** Says whose turn it is to send, to be audited, to be invoiced: turns come and go by themselves. */
export const NOT_COMPARED = new Set([
  'campaigns.tenant_schedule',
  'billing.wallet_upkeep',
  'billing.invoice_upkeep',
]);
/** What a service tidies up by itself when its time has come: the answer to a refresh that nobody may ask for again. */
const TIDIED: Readonly<Record<string, string>> = { 'identity.sessions': '{last_answer,updated_at}' };

/** Rows of these are a person's through the session that they belong to. */
const OF_SESSIONS = 'identity.refresh_tokens';

/** What says in no column whose it is, and so is compared for no team. Whoever adds a table says why here. */
const NOBODYS: Readonly<Record<string, string>> = {
  'billing.billing_payment_events': 'names payments of the provider, which the rows of top-ups name too',
  'billing.billing_price_drafts': 'prices are the same for every team',
  'billing.billing_price_list': 'prices are the same for every team',
  'billing.billing_tax_rates': 'taxes are the same for every team',
  'billing.payment_reconciliation': 'says how far the provider was asked',
  'identity.deliveries': 'mails that wait are sealed, and emptied once they are sent',
  'identity.global_flags_version': 'one number for all teams',
  'identity.oidc_log_ins': 'sealed, of people whom nobody knows yet',
  'identity.oidc_tickets': 'sealed, of people who have no account yet',
  'identity.sign_up_links': 'of people who have no account yet',
  'identity.signing_keys': "the platform's own",
  'identity.throttles': 'counts by hashes, and changes with every guess at a password',
};
/** Tables that every service has: which events it has met, and how far its schema is. */
const OF_SERVICES = /\.(inbox|migrations)$/;

export type OwnedTable = { table: string; column: string };

/** Every table whose rows belong to a team or to a person. */
export async function ownedTables(database: pg.Pool): Promise<OwnedTable[]> {
  const { rows } = await database.query<OwnedTable>(OWNED_TABLES);
  return [...rows, { table: OF_SESSIONS, column: 'session_id' }];
}

/** Tables that would be compared for no team, and of which nobody has said why. */
export async function strayTables(database: pg.Pool): Promise<string[]> {
  const owned = (await ownedTables(database)).map(({ table }) => table);
  const { rows } = await database.query<{ table: string }>(OTHER_TABLES, [owned]);
  return rows.map(({ table }) => table).filter((table) => !(table in NOBODYS) && !OF_SERVICES.test(table));
}

/** Says of a row `t` that it is the team's, whose id is compared as told, or one of its people's (`$2`). */
export function ownedBy(table: string, column: string, isTeam: string): string {
  if (table === OF_SESSIONS)
    return `t.${column} IN (SELECT id FROM identity.sessions WHERE user_id = ANY ($2::uuid[]))`;
  const isPersons = column === 'user_id' || table === 'identity.users';
  return isPersons ? `t.${column} = ANY ($2::uuid[])` : `t.${column} ${isTeam}`;
}

/** The text of a row `t` that is compared. */
export function rowOf(table: string): string {
  const tidied = TIDIED[table];
  return tidied ? `(to_jsonb(t) - '${tidied}'::text[])::text` : 't::text';
}
