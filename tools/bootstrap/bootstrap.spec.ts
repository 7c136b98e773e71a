import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';
import { temporaryDir } from '../fixtures/temporary.ts';
import { dependenciesInSync, linkWorkspaces } from './install.mjs';
import { chooseNode, nodeTooOld } from './node-version.mjs';

describe('the bootstrap', () => {
  it('refuses a system Node older than 20.19 and says what to do', () => {
    expect(nodeTooOld('20.18.3')).toMatch(/too old. fix: install Node 20.19.0/);
    expect(nodeTooOld('18.20.8')).toBeDefined();
    expect(nodeTooOld('20.19.0')).toBeUndefined();
    expect(nodeTooOld('24.21.0')).toBeUndefined();
  });

  it('runs commands on the pinned Node', () => {
    const { path, message } = chooseNode({
      root: ROOT,
      platform: process.platform,
      arch: process.arch,
      running: '20.19.0',
    });
    expect(path).toMatch(/node_modules\/node-.*\/bin\/node$/);
    expect(message).toBe('');
  });

  it('falls back to the running Node with a warning where none is pinned, unless that is too old', () => {
    const elsewhere = { root: ROOT, platform: 'plan9', arch: 'mips' };
    expect(chooseNode({ ...elsewhere, running: '24.1.0' })).toMatchObject({ path: process.execPath });
    expect(chooseNode({ ...elsewhere, running: '22.20.0' }).path).toBeUndefined();
    expect(chooseNode({ ...elsewhere, running: '22.20.0' }).message).toMatch(/fix: install Node 24/);
  });
});

describe('whether dependencies must be installed', () => {
  const dir = temporaryDir();
  const wanted = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
    'node_modules/@us/own': { link: true, resolved: 'libs/own' },
    'libs/own': { version: '0.1.0' },
  };

  function write(installed?: Record<string, { version: string }>): void {
    mkdirSync(join(dir.path, 'node_modules'), { recursive: true });
    writeFileSync(join(dir.path, 'package-lock.json'), JSON.stringify({ packages: wanted }));
    if (installed)
      writeFileSync(
        join(dir.path, 'node_modules', '.package-lock.json'),
        JSON.stringify({ packages: installed }),
      );
  }
  afterAll(() => dir.remove());

  it('is so before the first install', () => {
    write();
    expect(dependenciesInSync(dir.path)).toBe(false);
  });

  it('is not so when all is there but an optional package of another platform', () => {
    write({ 'node_modules/a': { version: '1.0.0' } });
    expect(dependenciesInSync(dir.path)).toBe(true);
  });

  it('is so when a version differs', () => {
    write({ 'node_modules/a': { version: '1.0.1' } });
    expect(dependenciesInSync(dir.path)).toBe(false);
    write({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.9.0' } });
    expect(dependenciesInSync(dir.path)).toBe(false);
  });

  it('is not so for a library of our own that came with a pull: it is linked', () => {
    write({ 'node_modules/a': { version: '1.0.0' } });
    linkWorkspaces(dir.path);
    linkWorkspaces(dir.path);
    expect(readlinkSync(join(dir.path, 'node_modules/@us/own'))).toBe('../../libs/own');
  });
});
