import { accountsApi, type AccountsApi } from '@leadwire/contracts';
import type { TestService } from '@leadwire/testing';
import { anonymous, PASSWORD, signUp, someone, startIdentity, travel } from './identity-client.js';

const HOUR_MS = 3_600_000;
const HOME = '203.0.113.10';
const CAFE = '198.51.100.20';

describe('guessing passwords', () => {
  let service: TestService;
  let accounts: AccountsApi;

  beforeAll(async () => {
    service = await startIdentity();
    accounts = service.client(accountsApi);
  });
  afterAll(() => service.stop());
  beforeEach(() => service.database.query('TRUNCATE identity.throttles'));
  afterEach(() => travel(service, 0));

  const from = (clientIp: string) => ({ ...anonymous(), clientIp });
  const logIn = (email: string, clientIp: string, password = PASSWORD) =>
    accounts.logIn(from(clientIp), { email, password }).then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  /** The counts as so many tries would leave them: each real one costs a hash. */
  const guess = async (times: number, email: (i: number) => string, ip: (i: number) => string) => {
    const outcomes: string[] = [];
    for (let i = 0; i < times; i++) outcomes.push(await logIn(email(i), ip(i), 'not the password'));
    return outcomes;
  };

  it('from one network slows that network down for the account, and the owner elsewhere not at all', async () => {
    const { email } = (await signUp(service)).user;
    expect(
      await guess(
        10,
        () => email,
        (i) => `198.51.100.${i}`,
      ),
    ).toEqual(Array(10).fill('account.bad_credentials'));
    expect(await logIn(email, CAFE)).toBe('account.slow_down');
    expect(await logIn(email, HOME)).toBe('ok');
  });

  it('from many networks slows down who comes from somewhere new, but not the owner where they logged in before', async () => {
    const { email } = (await signUp(service)).user;
    expect(await logIn(email, HOME)).toBe('ok');
    await guess(
      50,
      () => email,
      (i) => `192.0.${i}.1`,
    );
    expect(await logIn(email, '192.0.99.1')).toBe('account.slow_down');
    expect(await logIn(email, '203.0.113.200')).toBe('ok');
    travel(service, 61_000);
    expect(await logIn(email, CAFE)).toBe('ok');
  });

  it('from everywhere leaves the way in open from where the account was made', async () => {
    const { user } = await accounts.signUp(from(HOME), someone());
    await guess(
      50,
      () => user.email,
      (i) => `192.0.${i}.1`,
    );
    expect(await logIn(user.email, CAFE)).toBe('account.slow_down');
    expect(await logIn(user.email, HOME)).toBe('ok');
  });

  it('from one network at many accounts slows down that network, for accounts that never logged in there', async () => {
    const [guest, regular] = [(await signUp(service)).user.email, (await signUp(service)).user.email];
    expect(await logIn(regular, CAFE)).toBe('ok');
    await guess(
      100,
      (i) => `nobody${i}@example.com`,
      (i) => `198.51.100.${i}`,
    );
    expect(await logIn(guest, CAFE)).toBe('account.slow_down');
    expect(await logIn(regular, CAFE)).toBe('ok');
    expect(await logIn(guest, HOME)).toBe('ok');
  });

  it('never makes anybody who knows the password wait longer than a minute', async () => {
    const { email } = (await signUp(service)).user;
    for (let i = 0; i < 30; i++) {
      await guess(
        1,
        () => email,
        () => CAFE,
      );
      travel(service, (i + 1) * 61_000);
    }
    const refusal = async () => {
      await guess(
        1,
        () => email,
        () => CAFE,
      );
      return accounts.logIn(from(CAFE), { email, password: PASSWORD }).then(
        () => 0,
        (error: { details: { retryAfterSeconds: number } }) => error.details.retryAfterSeconds,
      );
    };
    expect(await refusal()).toBe(60);
  });

  it('is forgotten after an hour without a try', async () => {
    const { email } = (await signUp(service)).user;
    await guess(
      10,
      () => email,
      () => CAFE,
    );
    expect(await logIn(email, CAFE)).toBe('account.slow_down');
    travel(service, HOUR_MS + 61_000);
    expect(
      await guess(
        9,
        () => email,
        () => CAFE,
      ),
    ).toEqual(Array(9).fill('account.bad_credentials'));
    expect(await logIn(email, CAFE)).toBe('ok');
  });

  it('leaves nothing that names an address, a person or a network', async () => {
    const { email } = (await signUp(service)).user;
    await guess(
      1,
      () => email,
      () => CAFE,
    );
    await logIn(email, HOME);
    const rows = await service.database.query<{ row: string }>(
      'SELECT t::text AS row FROM identity.throttles t UNION ALL SELECT k::text FROM identity.known_networks k',
    );
    const text = rows.map(({ row }) => row).join();
    expect(rows.length).toBeGreaterThan(1);
    for (const word of [email, CAFE, HOME, Buffer.from(email).toString('hex')])
      expect(text).not.toContain(word);
  });

  it('and signing up again and again: both are slowed down per network', async () => {
    const tryAddress = (clientIp: string) =>
      accounts.signUp(from(clientIp), someone({ password: '123456789012' })).then(
        () => 'ok',
        (error: { code: string }) => error.code,
      );
    for (let i = 0; i < 20; i++) expect(await tryAddress(`198.51.100.${i}`)).toBe('account.password_refused');
    expect(await tryAddress(CAFE)).toBe('account.slow_down');
    expect(await tryAddress(HOME)).toBe('account.password_refused');
  });
});
