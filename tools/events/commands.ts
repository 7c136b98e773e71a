import { APPS } from '../start/apps.ts';

const SERVICES = APPS.filter((app) => app.ownsSchema).map(({ name }) => name);
export const USAGE = `npm run events -- dead-letters [SERVICE]
npm run events -- redrive SERVICE [DEAD_LETTER_ID]
npm run events -- replay SERVICE --since 2026-11-22T10:00:00Z [--until …] [--type leads.lead.updated] [--tenant ID] [--dry-run]

SERVICE is one of ${SERVICES.join(', ')}.
The instance of this checkout is used, or the one that DATABASE_URL (an admin URL), ROLE_SECRET and NATS_URL name.`;

/** Where the broker and the databases of the relay's roles are. */
export type EventsTarget = { natsUrl: string; relayUrl: (service: string) => string };
export type EventsOptions = {
  since?: string;
  until?: string;
  type?: string;
  tenant?: string;
  'dry-run'?: boolean;
};
type Letters = Awaited<ReturnType<typeof import('@leadwire/persistence').DeadLetters.open>>;

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage
 */
export async function runEventsCommand(
  { natsUrl, relayUrl }: EventsTarget,
  words: string[],
  options: EventsOptions = {},
): Promise<string> {
  const [name = '', service, id] = words;
  const command = { 'dead-letters': deadLetters, redrive, replay }[name];
  if (!command) throw new Error(USAGE);
  const { connectNats } = await import('@leadwire/messaging');
  const { DeadLetters } = await import('@leadwire/persistence');
  const nats = await connectNats(natsUrl, 'operator');
  const within = async (of: string, work: (letters: Letters) => Promise<string>): Promise<string> => {
    const letters = await DeadLetters.open(relayUrl(of), nats);
    try {
      return await work(letters);
    } finally {
      await letters.close();
    }
  };
  try {
    return await command(within, { service, id, options });
  } finally {
    await nats.drain();
  }
}

type Within = (service: string, work: (letters: Letters) => Promise<string>) => Promise<string>;
type Asked = { service: string | undefined; id: string | undefined; options: EventsOptions };

async function deadLetters(within: Within, { service }: Asked): Promise<string> {
  const lists: string[] = [];
  for (const name of service ? [serviceOf(service)] : SERVICES)
    lists.push(await within(name, (letters) => list(name, letters)));
  return lists.join('\n');
}

function redrive(within: Within, { service, id }: Asked): Promise<string> {
  return within(serviceOf(service), async (letters) => `${await letters.redrive(id)} published again`);
}

function replay(within: Within, { service, options }: Asked): Promise<string> {
  if (!options.since) throw new Error(`replay needs --since.\n\n${USAGE}`);
  const range = {
    since: timeOf(options.since, 'since'),
    until: options.until ? timeOf(options.until, 'until') : new Date(),
    type: options.type,
    tenantId: options.tenant,
    dryRun: options['dry-run'] ?? false,
  };
  return within(serviceOf(service), async (letters) => {
    const count = await letters.replay(range);
    return `${count} events ${range.dryRun ? 'would be' : 'were'} published again`;
  });
}

async function list(service: string, letters: Letters): Promise<string> {
  const rows = await letters.list();
  const lines = rows.map(
    ({ id, createdAt, consumer, eventType, deliveries, reason }) =>
      `  ${id}  ${createdAt.toISOString()}  ${consumer}  ${eventType ?? '?'}  after ${deliveries}  ${reason}`,
  );
  return [
    `${service}: ${rows.length === 0 ? 'no dead letters' : `${rows.length} dead letters`}`,
    ...lines,
  ].join('\n');
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
