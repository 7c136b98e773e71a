import { chmodSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from '../fixtures/temporary.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';
import { missingLibraryLinks, restoreLibraryLinks } from './postgres-binaries.ts';

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

  it('restores library links that a skipped install script did not make', () => {
    const native = join(dir.path, 'native');
    mkdirSync(join(native, 'lib'), { recursive: true });
    writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'the library');
    const link = { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' };
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify([link]));
    expect(missingLibraryLinks(dir.path)).toEqual([link]);
    restoreLibraryLinks(dir.path);
    expect(missingLibraryLinks(dir.path)).toEqual([]);
    expect(readFileSync(join(native, 'lib', 'libpq.so.5'), 'utf8')).toBe('the library');
  });

  it('starts over a pid file whose pid belongs to somebody else by now, and never without its password', async () => {
    await (await start()).stop();
    const data = join(dir.path, 'postgres', 'data');
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
    const again = await start();
    expect(again.process.pid).toBeGreaterThan(0);

    await again.stop();
    unlinkSync(join(dir.path, 'postgres', 'superuser-password'));
    await expect(start()).rejects.toThrow(/Fix: restore the file/);
  });

  it('makes its data folder anew when the first attempt was killed half-way', async () => {
    mkdirSync(join(dir.path, 'postgres', 'data.new', 'base'), { recursive: true });
    expect((await start()).process.pid).toBeGreaterThan(0);
  });

  asRoot('works in a folder that only root may enter', async () => {
    const closed = join(dir.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    const { adminUrl } = await start(closed);
    expect(adminUrl).toContain(readFileSync(join(closed, 'postgres', 'superuser-password'), 'utf8').trim());
  });
});
