import { chmodSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from '../fixtures/temporary.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';
import { missingLibraryLinks, postgresPackageDir, postgresVersion } from './postgres-binaries.ts';

const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe('the embedded Postgres', () => {
  let dir: ReturnType<typeof temporaryDir>;
  let server: PostgresServer | undefined;
  const start = async (path = dir.path): Promise<PostgresServer> =>
    (server = await startPostgres({
      dir: join(path, 'postgres'),
      logFile: join(path, 'postgres.log'),
      fast: true,
    }));

  beforeEach(() => (dir = temporaryDir()));
  afterEach(async () => {
    await server?.stop();
    server?.removeData();
    server = undefined;
    dir.remove();
  });

  it('restores library links that a skipped install script did not make', async () => {
    const link = join(postgresPackageDir(), 'native', 'lib', 'libecpg.so');
    rmSync(link, { force: true });
    expect(missingLibraryLinks(postgresPackageDir())).toHaveLength(1);
    expect(await postgresVersion()).toMatch(/PostgreSQL/);
    expect(missingLibraryLinks(postgresPackageDir())).toEqual([]);
  });

  it('starts over a pid file whose pid belongs to somebody else by now', async () => {
    await (await start()).stop();
    const data = join(dir.path, 'postgres', 'data');
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
    expect((await start()).process.pid).toBeGreaterThan(0);
  });

  it('makes its data folder anew when the first attempt was killed half-way', async () => {
    mkdirSync(join(dir.path, 'postgres', 'data.new', 'base'), { recursive: true });
    expect((await start()).process.pid).toBeGreaterThan(0);
  });

  it('says what to do when nobody knows its password any more', async () => {
    await (await start()).stop();
    unlinkSync(join(dir.path, 'postgres', 'superuser-password'));
    await expect(start()).rejects.toThrow(/Fix: restore the file/);
  });

  asRoot('works in a folder that only root may enter', async () => {
    const closed = join(dir.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    const { adminUrl } = await start(closed);
    expect(adminUrl).toContain(readFileSync(join(closed, 'postgres', 'superuser-password'), 'utf8').trim());
  });
});
