import type { TestService } from '@leadwire/testing';
import { AccountTransaction } from '../src/accounts/account-transaction.js';
import { OneTimeTokens } from '../src/accounts/one-time-tokens.js';
import type { SqlSession } from '@leadwire/persistence';
import { signUp, startIdentity, travel } from './identity-client.js';

const HOUR_MS = 3_600_000;

describe('one-time tokens and codes', () => {
  let service: TestService;
  let tokens: OneTimeTokens;
  let userId: string;

  beforeAll(async () => {
    service = await startIdentity();
    tokens = service.running.app.get(OneTimeTokens);
    userId = (await signUp(service)).user.id;
  });
  afterAll(() => service.stop());
  afterEach(() => travel(service, 0));

  const run = <T>(work: (db: SqlSession) => Promise<T>) =>
    service.running.app.get(AccountTransaction).run(work);
  const issue = (purpose = 'test') =>
    run((db) => tokens.issue(db, { purpose, userId, data: { a: '1' }, ttlMs: HOUR_MS }));
  const redeem = (token: string, purpose = 'test') => run((db) => tokens.redeem(db, purpose, token));
  const issueCode = () =>
    run((db) => tokens.issueCode(db, { purpose: 'code', userId, data: { b: '2' }, ttlMs: HOUR_MS }));
  const tryCode = (code: string) => run((db) => tokens.redeemCode(db, 'code', userId, code));
  const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  it('work once, for what they were made for', async () => {
    const token = await issue();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(await redeem(token, 'something-else')).toBeUndefined();
    expect(await run((db) => tokens.peek(db, 'test', token))).toEqual({ userId, data: { a: '1' } });
    expect(await redeem(token)).toEqual({ userId, data: { a: '1' } });
    expect(await redeem(token)).toBeUndefined();
    expect(await redeem('unknown')).toBeUndefined();
  });

  it('are given to one of many who come at once', async () => {
    const token = await issue();
    const all = await Promise.all(Array.from({ length: 8 }, () => redeem(token)));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('expire, and can be revoked', async () => {
    const [late, revoked] = [await issue(), await issue('revoked')];
    await run((db) => tokens.revoke(db, userId, 'revoked'));
    expect(await redeem(revoked, 'revoked')).toBeUndefined();
    travel(service, HOUR_MS);
    expect(await redeem(late)).toBeUndefined();
  });

  it('are stored as hashes, and a code as a hash that its digits do not give away', async () => {
    const [token, code] = [await issue(), await issueCode()];
    const rows = await service.database.query<{ row: string }>(
      'SELECT t::text AS row FROM identity.one_time_tokens t',
    );
    const text = rows.map(({ row }) => row).join();
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(code).toString('hex'));
  });

  it('count wrong codes, and after five the right one does not help either', async () => {
    const code = await issueCode();
    expect(code).toMatch(/^\d{6}$/);
    for (const triesLeft of [4, 3, 2, 1, 0])
      expect(await tryCode(other(code))).toEqual({ outcome: 'wrong', triesLeft });
    expect(await tryCode(code)).toEqual({ outcome: 'none' });
  });

  it('do not let more than five codes be tried at once', async () => {
    const code = await issueCode();
    const all = await Promise.all(Array.from({ length: 20 }, () => tryCode(other(code))));
    expect(all.filter(({ outcome }) => outcome === 'wrong')).toHaveLength(5);
  });

  it('take the newest code only, once', async () => {
    const [first, second] = [await issueCode(), await issueCode()];
    if (first !== second) expect(await tryCode(first)).toMatchObject({ outcome: 'wrong' });
    expect(await tryCode(second)).toEqual({ outcome: 'right', data: { b: '2' } });
    expect(await tryCode(second)).toEqual({ outcome: 'none' });
  });
});
