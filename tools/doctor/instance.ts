import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { APPS } from '../start/apps.ts';
import { localAdminUrl, runningInstance } from '../start/local-instance.ts';
import type { RunState } from '../start/run-state.ts';
import { fail, guarded, ok, warn, type Check } from './check.ts';

const PROBE_TIMEOUT_MS = 3_000;
/** Waiting longer than this, an event is stuck rather than on its way. */
const OUTBOX_AGE_MAX_S = 60;
const CONSUMER_LAG_MAX = 10_000;

/** What only a running instance can tell; nothing when none runs on this data folder. */
export async function checkInstance(dataDir: string): Promise<Check[]> {
  const state = runningInstance(dataDir);
  if (!state?.urls) return [];
  const adminUrl = process.env.DATABASE_URL ?? localAdminUrl(dataDir);
  const ready = await Promise.all(
    Object.entries(state.urls.apps).map(([name, url]) => checkReady(name, url)),
  );
  return [...ready, ...(adminUrl ? await checkDatabase(adminUrl) : []), await checkStreams(state)];
}

function checkReady(name: string, url: string): Promise<Check> {
  return guarded(name, `read .data/logs/${name}.jsonl; the launcher restarts it when it ends`, async () => {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    if (response.ok) return ok(name, `ready at ${url}`);
    const answer = (await response.text()).slice(0, 200);
    return fail(name, `answers ${response.status}: ${answer}`, `read .data/logs/${name}.jsonl`);
  });
}

async function checkDatabase(adminUrl: string): Promise<Check[]> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    return [
      fail('Database', `does not answer (${(error as Error).message})`, 'read .data/logs/postgres.log'),
    ];
  }
  try {
    const checks: Check[] = [];
    for (const { name, entry } of APPS.filter((app) => app.ownsSchema)) {
      checks.push(
        await guarded(`${name} schema`, 'run "npm run migrate"', () => checkMigrations(client, name, entry)),
      );
      checks.push(await guarded(`${name} events`, 'run "npm run migrate"', () => checkEvents(client, name)));
    }
    return checks;
  } finally {
    await client.end();
  }
}

async function checkMigrations(client: pg.Client, service: string, entry: string): Promise<Check> {
  const module = (await import(pathToFileURL(join(entry, '..', 'migrations', 'index.js')).href)) as {
    migrations: (new () => { name?: string })[];
  };
  const known = module.migrations.map((Migration) => new Migration().name ?? Migration.name);
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${service}.migrations`);
  const applied = new Set(rows.map(({ name }) => name));
  const missing = known.filter((name) => !applied.has(name));
  if (missing.length > 0)
    return fail(`${service} schema`, `lacks ${missing.join(', ')}`, 'run "npm run migrate"');
  return ok(`${service} schema`, `${known.length} migrations, newest applied`);
}

async function checkEvents(client: pg.Client, service: string): Promise<Check> {
  const name = `${service} events`;
  const { rows } = await client.query<{ pending: number; age: number; dead: number }>(
    `SELECT
       (SELECT count(*)::int FROM ${service}.domain_events WHERE NOT processed) AS pending,
       (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::int
        FROM ${service}.domain_events WHERE NOT processed) AS age,
       (SELECT count(*)::int FROM ${service}.dead_letters WHERE redriven_at IS NULL) AS dead`,
  );
  const { pending = 0, age = 0, dead = 0 } = rows[0] ?? {};
  const text = `${pending} waiting in the outbox, ${dead} dead letters`;
  if (age > OUTBOX_AGE_MAX_S)
    return fail(
      name,
      `${text}; the oldest waits for ${age} s`,
      `read .data/logs/${service}.jsonl and .data/logs/nats.log`,
    );
  if (dead > 0)
    return warn(name, text, 'look at them with "npm run events", mend the cause, then redrive them');
  return ok(name, text);
}

function checkStreams(state: RunState): Promise<Check> {
  return guarded('Streams', 'restart Leadwire, which creates the streams', async () => {
    const nats = await connect({ servers: state.urls?.nats, timeout: PROBE_TIMEOUT_MS, reconnect: false });
    try {
      const manager = await jetstreamManager(nats);
      const { EVENTS_STREAM, DLQ_STREAM } = await import('@leadwire/messaging');
      const events = await manager.streams.info(EVENTS_STREAM);
      await manager.streams.info(DLQ_STREAM);
      const behind: string[] = [];
      for await (const consumer of manager.consumers.list(EVENTS_STREAM)) {
        if (consumer.num_pending > CONSUMER_LAG_MAX)
          behind.push(`${consumer.name} (${consumer.num_pending})`);
      }
      const text = `${events.state.messages} events kept, ${events.state.consumer_count} consumers`;
      if (behind.length > 0)
        return warn(
          'Streams',
          `${text}; behind: ${behind.join(', ')}`,
          'start more replicas of these services',
        );
      if (events.state.consumer_count === 0)
        return fail('Streams', text, 'restart Leadwire, which creates the consumers');
      return ok('Streams', text);
    } finally {
      await nats.close();
    }
  });
}
