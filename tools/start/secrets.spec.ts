import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as persistence from '@leadwire/persistence';
import { temporaryDir } from '../fixtures/temporary.ts';
import { requireSecretsOfExistingData, rolePassword, roleUrl, Secrets } from './secrets.ts';

describe("an instance's secrets", () => {
  const dir = temporaryDir();
  afterAll(() => dir.remove());

  it('are generated once, remembered, and readable by their owner only', () => {
    const key = new Secrets(dir.path).key('ctx.gateway');
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(new Secrets(dir.path).key('ctx.gateway')).toBe(key);
    expect(new Secrets(dir.path).key('ctx.leads')).not.toBe(key);
    expect(statSync(join(dir.path, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('are not invented anew for data that was sealed with lost ones', () => {
    const lost = temporaryDir();
    mkdirSync(join(lost.path, 'postgres'));
    writeFileSync(join(lost.path, 'postgres', 'superuser-password'), 'x');
    expect(() => requireSecretsOfExistingData(lost.path)).toThrow(/secrets.json is missing.* Fix: restore/);
    lost.remove();
  });

  it('give each role the password that the migration sets', () => {
    const admin = 'postgres://postgres:secret@127.0.0.1:5433/leadwire';
    expect(rolePassword('s3cret', 'leads_app')).toBe(persistence.rolePassword('s3cret', 'leads_app'));
    expect(roleUrl(admin, 's3cret', 'leads_app')).toBe(persistence.roleUrl(admin, 's3cret', 'leads', 'app'));
    expect(roleUrl(admin, 's3cret', 'leads_relay')).not.toContain('secret@');
  });
});
