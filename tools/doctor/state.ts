import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../infra/files.ts';
import { isRunning } from '../infra/processes.ts';
import { requireSecretsOfExistingData } from '../start/secrets.ts';
import { lockOwner, staleProcesses } from '../start/run-state.ts';
import { fail, guarded, ok, warn, type Check } from './check.ts';

const OTHERS = 0o077;

/** Whether the data folder is sound: ours to write, its secrets closed, nothing left of a killed run. */
export function checkState(dataDir: string): Promise<Check[]> {
  return Promise.all([
    guarded('Data folder', `check the rights of ${dataDir}`, () => checkFolder(dataDir)),
    guarded('Secrets', `restore ${join(dataDir, 'secrets.json')} from a backup`, () => checkSecrets(dataDir)),
    guarded('State files', `delete the file it names in ${dataDir}`, () => checkFiles(dataDir)),
    guarded('Processes', 'run "npm start", which ends them', () => checkProcesses(dataDir)),
  ]);
}

function checkFolder(dataDir: string): Check {
  if (!existsSync(dataDir)) return ok('Data folder', `${dataDir} is made by the first start`);
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const owner = statSync(dataDir).uid;
    return fail(
      'Data folder',
      `${dataDir} is not ours to write (it belongs to user ${owner})`,
      `sudo chown -R $(id -u) ${dataDir}`,
    );
  }
  return ok('Data folder', dataDir);
}

function checkSecrets(dataDir: string): Check {
  requireSecretsOfExistingData(dataDir);
  const file = join(dataDir, 'secrets.json');
  if (!existsSync(file)) return ok('Secrets', 'are made by the first start');
  const mode = statSync(file).mode & 0o777;
  if ((mode & OTHERS) !== 0)
    return fail('Secrets', `${file} can be read by others (mode ${mode.toString(8)})`, `chmod 600 ${file}`);
  return ok('Secrets', `${Object.keys(readJson<object>(file) ?? {}).length} keys, readable by us only`);
}

function checkFiles(dataDir: string): Check {
  for (const name of ['ports.json', 'run.json', 'secrets.json']) readJson(join(dataDir, name));
  return ok('State files', 'readable');
}

function checkProcesses(dataDir: string): Check {
  const owner = lockOwner(dataDir);
  const running = owner !== undefined && isRunning(owner);
  const processes = staleProcesses(dataDir);
  if (running) return ok('Processes', `launcher ${owner.pid} with ${processes.length} processes`);
  if (processes.length > 0) {
    return warn(
      'Processes',
      `left by a killed run: ${processes.join(', ')}`,
      'run "npm start", which ends them first',
    );
  }
  if (owner)
    return warn(
      'Processes',
      'the last run was killed; nothing of it is running',
      'nothing to do, "npm start" recovers',
    );
  return ok('Processes', 'none running');
}
