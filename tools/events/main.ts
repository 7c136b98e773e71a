// `npm run events -- dead-letters [SERVICE] | redrive SERVICE [ID] | replay SERVICE --since TIME [--until TIME] [--type TYPE]
// [--tenant ID] [--dry-run]`: the operator's doors to what consumers gave up and to what was published before.
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { readJson } from '../infra/files.ts';
import { defaultDataDir } from '../infra/paths.ts';
import { buildForOperator } from '../operator/rpc.ts';
import { describeFailure } from '../start/failure.ts';
import { localAdminUrl, runningInstance } from '../start/local-instance.ts';
import { roleUrl } from '../start/secrets.ts';
import { runEventsCommand, USAGE, type EventsTarget } from './commands.ts';

/** @throws Error with the fix */
function target(): EventsTarget {
  const dataDir = defaultDataDir();
  const adminUrl = process.env.DATABASE_URL ?? localAdminUrl(dataDir);
  const secret =
    process.env.ROLE_SECRET ?? readJson<Record<string, string>>(join(dataDir, 'secrets.json'))?.roles;
  const natsUrl = process.env.NATS_URL ?? runningInstance(dataDir)?.urls?.nats;
  if (!adminUrl || !secret || !natsUrl)
    throw new Error('No running instance. fix: "npm start", or set DATABASE_URL, ROLE_SECRET and NATS_URL.');
  return { natsUrl, relayUrl: (service) => roleUrl(adminUrl, secret, `${service}_relay`) };
}

try {
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
  if (positionals.length === 0) throw new Error(USAGE);
  const instance = target();
  await buildForOperator();
  process.stdout.write(`${await runEventsCommand(instance, positionals, values)}\n`);
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
