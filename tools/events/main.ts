// `npm run events -- dead-letters [SERVICE] | redrive SERVICE [ID] | replay SERVICE --since TIME [--until TIME] [--type TYPE]
// [--tenant ID] [--dry-run]`: the operator's doors to what consumers gave up and to what was published before.
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { runLogged } from '../infra/commands.ts';
import { readJson } from '../infra/files.ts';
import { defaultDataDir, toolLog } from '../infra/paths.ts';
import { APPS } from '../start/apps.ts';
import { describeFailure } from '../start/failure.ts';
import { localAdminUrl, runningInstance } from '../start/local-instance.ts';
import { roleUrl } from '../start/secrets.ts';

const SERVICES = APPS.filter((app) => app.ownsSchema).map(({ name }) => name);
const USAGE = `npm run events -- dead-letters [SERVICE]
npm run events -- redrive SERVICE [DEAD_LETTER_ID]
npm run events -- replay SERVICE --since 2026-11-22T10:00:00Z [--until …] [--type leads.lead.updated] [--tenant ID] [--dry-run]

SERVICE is one of ${SERVICES.join(', ')}.
The instance of this checkout is used, or the one that DATABASE_URL (an admin URL), ROLE_SECRET and NATS_URL name.`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Where the broker and the databases of the relay's roles are. @throws Error with the fix */
function target(): { natsUrl: string; relayUrl: (service: string) => string } {
  const dataDir = defaultDataDir();
  const adminUrl = process.env.DATABASE_URL ?? localAdminUrl(dataDir);
  const secret =
    process.env.ROLE_SECRET ?? readJson<Record<string, string>>(join(dataDir, 'secrets.json'))?.roles;
  const natsUrl = process.env.NATS_URL ?? runningInstance(dataDir)?.urls?.nats;
  if (!adminUrl || !secret || !natsUrl)
    throw new Error('No running instance. fix: "npm start", or set DATABASE_URL, ROLE_SECRET and NATS_URL.');
  return { natsUrl, relayUrl: (service) => roleUrl(adminUrl, secret, `${service}_relay`) };
}

function serviceOf(name: string | undefined): string {
  if (!name || !SERVICES.includes(name))
    throw new Error(`"${name ?? ''}" is no service with events.\n\n${USAGE}`);
  return name;
}

function timeOf(text: string, option: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Error(`--${option} takes a time such as 2026-11-22T10:00:00Z, not "${text}".`);
  return time;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      since: { type: 'string' },
      until: { type: 'string' },
      type: { type: 'string' },
      tenant: { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
  });
  const [command, service, id] = positionals;
  if (!command || !['dead-letters', 'redrive', 'replay'].includes(command)) throw new Error(USAGE);
  const { natsUrl, relayUrl } = target();
  await runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') });
  const { connectNats } = await import('@leadwire/messaging');
  const { DeadLetters } = await import('@leadwire/persistence');
  const nats = await connectNats(natsUrl, 'operator');
  const open = (name: string) => DeadLetters.open(relayUrl(name), nats);
  try {
    if (command === 'dead-letters') {
      for (const name of service ? [serviceOf(service)] : SERVICES) await list(name, await open(name));
    } else if (command === 'redrive') {
      const letters = await open(serviceOf(service));
      print(`${await letters.redrive(id)} published again`);
      await letters.close();
    } else {
      if (!values.since) throw new Error(`replay needs --since.\n\n${USAGE}`);
      const letters = await open(serviceOf(service));
      const range = {
        since: timeOf(values.since, 'since'),
        until: values.until ? timeOf(values.until, 'until') : new Date(),
        type: values.type,
        tenantId: values.tenant,
        dryRun: values['dry-run'] ?? false,
      };
      print(`${await letters.replay(range)} events ${range.dryRun ? 'would be' : 'were'} published again`);
      await letters.close();
    }
  } finally {
    await nats.drain();
  }
}

type Letters = Awaited<ReturnType<typeof import('@leadwire/persistence').DeadLetters.open>>;

async function list(service: string, letters: Letters): Promise<void> {
  const rows = await letters.list();
  print(`${service}: ${rows.length === 0 ? 'no dead letters' : `${rows.length} dead letters`}`);
  for (const { id, createdAt, consumer, eventType, deliveries, reason } of rows)
    print(
      `  ${id}  ${createdAt.toISOString()}  ${consumer}  ${eventType ?? '?'}  after ${deliveries}  ${reason}`,
    );
  await letters.close();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
