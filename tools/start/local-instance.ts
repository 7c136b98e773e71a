import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../infra/files.ts';
import { POSTGRES_DATABASE } from '../infra/postgres.ts';
import { POSTGRES_SUPERUSER } from '../infra/postgres-cluster.ts';
import { isRunning } from '../infra/processes.ts';
import { readRunState, type RunState } from './run-state.ts';

/** The platform that runs on this data folder now, if one does. */
export function runningInstance(dataDir: string): RunState | undefined {
  const state = readRunState(dataDir);
  return state && isRunning(state.launcher) ? state : undefined;
}

/** Superuser access to the embedded Postgres of a data folder while it runs. */
export function localAdminUrl(dataDir: string): string | undefined {
  const postgres = readRunState(dataDir)?.processes.postgres;
  const port = readJson<Record<string, number>>(join(dataDir, 'ports.json'))?.postgres;
  const passwordFile = join(dataDir, 'postgres', 'superuser-password');
  if (!postgres || !port || !isRunning(postgres) || !existsSync(passwordFile)) return undefined;
  const password = readFileSync(passwordFile, 'utf8').trim();
  return `postgres://${POSTGRES_SUPERUSER}:${password}@127.0.0.1:${port}/${POSTGRES_DATABASE}`;
}
