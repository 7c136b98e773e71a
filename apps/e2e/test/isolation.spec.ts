import pg from 'pg';
import { ApiClient } from '../../../tools/demo/client.ts';
import { leadsCsv } from '../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob, type RunningJob } from '../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../tools/demo/verify.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';
import { operationsOf, type Operation } from './openapi.ts';

const MARKER = 'Quizzaciously';
const NOT_FOUND = 404;
const DEADLINE_MS = 60_000;
/** Answers that name no resource: a stream that never ends, a file, what every visitor may read. */
const WITHOUT_BODY_TO_READ = new Set(['/v1/events/stream']);

const TENANT_TABLES = `
  SELECT n.nspname AS schema, c.relname AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE n.nspname IN ('identity', 'leads', 'campaigns', 'billing')
    AND c.relkind = 'r'
  ORDER BY 1, 2`;

describe("a team's data", () => {
  let platform: Platform;
  let database: pg.Client;
  let victim: RunningJob;
  let stranger: ApiClient;
  let operations: Operation[];
  let ids: Record<string, string>;

  beforeAll(async () => {
    platform = await startInstance({
      fast: true,
      env: { LOG_LEVEL: 'warn', RATE_ANONYMOUS_PER_SECOND: '1000' },
    });
    database = new pg.Client({ connectionString: platform.adminUrl });
    await database.connect();
    victim = await launchMainJob(
      platform.urls.api,
      new Blob([leadsCsv(3)]),
      platform.urls.smtp,
      () => undefined,
    );
    ids = await resourcesOf(victim);
    // Nothing is compared before all that the team did itself has come to rest.
    const stats = await followToTheEnd(victim, () => undefined, DEADLINE_MS);
    const { ok } = await verify(
      victim,
      stats,
      platform.adminUrl,
      sandboxMailbox(platform.urls.sandbox),
      DEADLINE_MS,
    );
    expect(ok).toBe(true);
    stranger = new ApiClient(platform.urls.api);
    await stranger.signUp('Stranger', 'stranger@leadwire.test', 'a stranger’s password');
    operations = await operationsOf(platform.urls.api);
  });
  afterAll(async () => {
    await database?.end();
    await endInstance(platform);
  });

  const call = (operation: Operation, headers: Record<string, string>) =>
    fetch(
      platform.urls.api + operation.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'unknown'),
      {
        method: operation.method,
        headers: {
          ...headers,
          ...(operation.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(operation.body === undefined ? {} : { body: JSON.stringify(operation.body) }),
        signal: AbortSignal.timeout(20_000),
      },
    );

  async function rowHashes(): Promise<Record<string, string>> {
    const { rows } = await database.query<{ schema: string; table: string }>(TENANT_TABLES);
    const hashes: Record<string, string> = {};
    for (const { schema, table } of rows) {
      const { rows: found } = await database.query<{ hash: string }>(
        `SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS hash
         FROM ${schema}.${table} t WHERE tenant_id = $1`,
        [victim.tenantId],
      );
      hashes[`${schema}.${table}`] = found[0]?.hash ?? '';
    }
    return hashes;
  }

  it('is in the way of every operation that names a resource: there is an example for each', () => {
    const missing = operations.flatMap(({ id, pathParameters }) =>
      pathParameters.filter((name) => !ids[name]).map((name) => `${id}: {${name}}`),
    );
    expect(missing).toEqual([]);
  });

  it('answers 404 to a stranger on every operation that names one of its resources, and nothing of it changes', async () => {
    const before = await rowHashes();
    const wrong: string[] = [];
    for (const operation of operations.filter(
      ({ pathParameters }) => pathParameters.length > 0 && !pathParameters.includes('name'),
    )) {
      const response = await call(operation, stranger.headers());
      const text = await response.text();
      if (response.status !== NOT_FOUND)
        wrong.push(`${operation.method} ${operation.path} → ${response.status} ${text}`);
      expect(text).not.toContain(MARKER);
    }
    expect(wrong).toEqual([]);
    expect(await rowHashes()).toEqual(before);
  });

  it('is in no list, figure or export that a stranger can ask for', async () => {
    for (const operation of operations.filter(
      ({ method, path, pathParameters }) =>
        method === 'GET' && pathParameters.length === 0 && !WITHOUT_BODY_TO_READ.has(path),
    )) {
      const text = await (await call(operation, stranger.headers())).text();
      expect(text).not.toContain(MARKER);
      expect(text).not.toContain(victim.tenantId);
    }
  });

  it('is refused to whoever does not sign in, and the answer is a problem', async () => {
    const open: string[] = [];
    for (const operation of operations.filter(({ isPublic }) => !isPublic)) {
      const response = await call(operation, {});
      const type = response.headers.get('content-type') ?? '';
      await response.body?.cancel();
      if (response.status !== 401 || !type.startsWith('application/problem+json'))
        open.push(`${operation.id} → ${response.status} ${type}`);
    }
    expect(open).toEqual([]);
  });

  /** One of each resource, full of the marker that must never reach anybody else. */
  async function resourcesOf({ api, campaignId }: RunningJob): Promise<Record<string, string>> {
    const id = async (path: string, body: object) => (await api.post<{ id: string }>(path, body)).id;
    const leadId = await id('/leads', {
      lastName: MARKER,
      email: 'marker@example.test',
      companyName: MARKER,
    });
    const sessions = await api.get<{ items: { id: string }[] }>('/sessions');
    const imports = await api.get<{ items: { id: string }[] }>('/lead-imports');
    const { user } = await api.get<{ user: { id: string } }>('/me');
    return {
      userId: user.id,
      leadId,
      campaignId,
      noteId: await id(`/leads/${leadId}/notes`, { content: MARKER }),
      stageId: await id('/lead-stages', { key: 'marker', label: MARKER }),
      statusId: await id('/lead-statuses', { key: 'marker', label: MARKER }),
      sessionId: sessions.items[0]?.id as string,
      importId: imports.items[0]?.id as string,
      templateId: await id('/templates', {
        templateKey: 'marker',
        language: 'en',
        subject: MARKER,
        body: MARKER,
      }),
      emailAccountId: await id('/email-accounts', {
        email: 'marker@leadwire.test',
        fromName: MARKER,
        smtpHost: platform.urls.smtp.host,
        smtpPort: platform.urls.smtp.port,
      }),
    };
  }
});
