// `npm run migrate`: brings every service's schema to the newest version.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runLogged } from './infra/commands.ts';
import { readJson } from './infra/files.ts';
import { defaultDataDir, toolLog } from './infra/paths.ts';
import { describeFailure } from './start/failure.ts';
import { APPS } from './start/apps.ts';
import { localAdminUrl } from './start/local-instance.ts';

/** Where to migrate, and the secret from which the roles' passwords derive. @throws Error with the fix */
function target(): { adminUrl: string; roleSecret: string } {
  const dataDir = defaultDataDir();
  const adminUrl = process.env.DATABASE_URL ?? localAdminUrl(dataDir);
  const roleSecret =
    process.env.ROLE_SECRET ?? readJson<Record<string, string>>(join(dataDir, 'secrets.json'))?.roles;
  if (!adminUrl) {
    throw new Error(
      'No database. Fix: set DATABASE_URL to an admin URL, or run "npm start" first and migrate its database.',
    );
  }
  if (!roleSecret) {
    throw new Error(
      "No role secret. Fix: set ROLE_SECRET, the secret from which the passwords of the services' roles derive.",
    );
  }
  return { adminUrl, roleSecret };
}

async function main(): Promise<void> {
  const { adminUrl, roleSecret } = target();
  // The launcher has built already and passes its secret; by hand, the sources may be newer than what was compiled.
  if (!process.env.ROLE_SECRET)
    await runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') });
  const { migrateAll } = await import('@leadwire/persistence');
  const services = await Promise.all(
    APPS.filter((app) => app.ownsSchema).map(async ({ name, entry }) => {
      const { migrations } = await import(pathToFileURL(join(entry, '..', 'migrations', 'index.js')).href);
      return { service: name, migrations };
    }),
  );
  const applied = await migrateAll({ adminUrl, roleSecret, services });
  for (const [service, names] of Object.entries(applied)) {
    process.stdout.write(`${service.padEnd(12)} ${names.length === 0 ? 'up to date' : names.join(', ')}\n`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
