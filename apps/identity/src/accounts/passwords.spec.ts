import { Metrics } from '@leadwire/platform';
import { OWASP_COST, Passwords } from './passwords.js';

describe('passwords', () => {
  const passwords = new Passwords(new Metrics('identity'), OWASP_COST);

  it('are hashed with argon2id at 19 MiB, two passes, one lane, and verified', async () => {
    const hashed = await passwords.hash('correct horse battery');
    expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.matches(hashed, 'correct horse battery')).toBe(true);
    expect(await passwords.matches(hashed, 'correct horse batterz')).toBe(false);
  });

  it('never match where there is none', async () => {
    expect(await passwords.matches(null, 'anything at all')).toBe(false);
    expect(await passwords.matches(undefined, 'anything at all')).toBe(false);
  });

  it('are the same composed and decomposed', async () => {
    const hashed = await passwords.hash('Pässwörter lang'.normalize('NFD'));
    expect(await passwords.matches(hashed, 'Pässwörter lang'.normalize('NFC'))).toBe(true);
  });

  it('wait in a line of bounded length', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 100 }, () => passwords.hash('correct horse battery')),
    );
    const refused = tries.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(100 - 66);
    expect(refused[0]?.reason).toMatchObject({
      code: 'request.unavailable',
      details: { retryAfterSeconds: 2 },
    });
    expect(await passwords.hash('correct horse battery')).toContain('argon2id');
  });
});
