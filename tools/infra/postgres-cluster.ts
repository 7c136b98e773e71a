import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from './paths.ts';
import { asUser, canEnter, ROOT_FALLBACK_DIR, type PostgresUser } from './postgres-binaries.ts';

const run = promisify(execFile);

export const POSTGRES_SUPERUSER = 'postgres';

export type PostgresHome = { dir: string; data: string; passwordFile: string };

/** Where the data lies: in the instance's folder, or, if the Postgres user may not enter that, in a system folder of its own. */
export function homeOf(dir: string, user: PostgresUser): PostgresHome {
  makeDir(dir, user);
  const passwordFile = join(dir, 'superuser-password');
  if (canEnter(user, dir)) return { dir, data: join(dir, 'data'), passwordFile };
  const outside = join(ROOT_FALLBACK_DIR, createHash('sha256').update(dir).digest('hex').slice(0, 12));
  // The instance's folder was deleted since: what lies outside belonged to it, and nobody knows its password any more.
  if (!existsSync(passwordFile)) rmSync(outside, { recursive: true, force: true });
  makeDir(outside, user);
  return { dir: outside, data: join(outside, 'data'), passwordFile };
}

/** Others may pass through the folder only where the Postgres user is another than ourselves, whatever the umask says. */
function makeDir(dir: string, user: PostgresUser): void {
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, user.uid === undefined ? 0o700 : 0o711);
}

/**
 * Makes the data folder unless there is one, and answers the superuser's password.
 * @param fast a throw-away instance: it starts on a copy of the first one's data folder, in a twentieth of initdb's time, and has its password
 * @throws Error with the fix
 */
export async function ensureCluster(
  home: PostgresHome,
  binDir: string,
  user: PostgresUser,
  fast: boolean,
): Promise<string> {
  if (existsSync(join(home.data, 'PG_VERSION'))) {
    if (existsSync(home.passwordFile)) return readFileSync(home.passwordFile, 'utf8').trim();
    throw new Error(
      `${home.passwordFile} is missing, so nobody can log in to ${home.data}. Fix: restore the file, or delete that folder to start empty.`,
    );
  }
  // Built beside its place and renamed when whole: a first start that is killed leaves nothing half made.
  const unfinished = `${home.data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const password = fast
    ? await copyCluster(unfinished, binDir, user)
    : await initCluster(unfinished, binDir, user);
  writeFileSync(home.passwordFile, `${password}\n`, { mode: 0o600 });
  renameSync(unfinished, home.data);
  return password;
}

async function initCluster(dir: string, binDir: string, user: PostgresUser): Promise<string> {
  const passwordInput = `${dir}.password`;
  const password = randomBytes(24).toString('base64url');
  mkdirSync(dir, { mode: 0o700 });
  writeFileSync(passwordInput, password, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    chownSync(dir, user.uid, user.gid);
    chownSync(passwordInput, user.uid, user.gid);
  }
  try {
    await run(join(binDir, 'initdb'), initArguments(dir, passwordInput), {
      ...asUser(user),
      cwd: '/',
      env: { LC_ALL: 'C' },
    });
  } catch (error) {
    throw new Error(
      `Postgres could not create its data folder: ${(error as { stderr?: string }).stderr ?? error}`,
      { cause: error },
    );
  } finally {
    rmSync(passwordInput, { force: true });
  }
  return password;
}

function initArguments(dataDir: string, passwordFile: string): string[] {
  return [
    `--pgdata=${dataDir}`,
    `--username=${POSTGRES_SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Postgres's own Unicode tables: the same order and case mapping on every machine, whatever locales it has.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ];
}

/** One that was never started, of this Postgres and this user; made when there is none yet. */
async function copyCluster(dir: string, binDir: string, user: PostgresUser): Promise<string> {
  const { mtimeMs } = statSync(join(binDir, 'postgres'));
  const owner = user.uid ?? process.getuid?.() ?? 'self';
  const pristine = join(cacheDir(), `postgres-cluster-${Math.round(mtimeMs)}-${owner}`);
  const passwordFile = join(pristine, 'superuser-password');
  if (existsSync(passwordFile)) {
    await copyOf(join(pristine, 'data'), dir);
    return readFileSync(passwordFile, 'utf8');
  }
  const password = await initCluster(dir, binDir, user);
  mkdirSync(cacheDir(), { recursive: true });
  const unfinished = mkdtempSync(`${pristine}-`);
  await copyOf(dir, join(unfinished, 'data'));
  writeFileSync(join(unfinished, 'superuser-password'), password, { mode: 0o600 });
  try {
    renameSync(unfinished, pristine);
  } catch {
    // Another process made it meanwhile.
    rmSync(unfinished, { recursive: true, force: true });
  }
  return password;
}

/** With owners and modes, which Postgres is particular about. */
async function copyOf(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]);
}
