import {
  accountsApi,
  emailsApi,
  passwordsApi,
  SessionEnded,
  teamsApi,
  type AccountsApi,
  type PasswordsApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { eventually, MailSink, type TestService } from '@leadwire/testing';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { identityService } from '../src/identity.module.js';
import { anonymous, claimsOf, PASSWORD, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const HOUR_MS = 3_600_000;
const NEW_PASSWORD = 'another horse, another battery';
const RESET = 'Set a new password';

describe('a password', () => {
  let service: TestService;
  let mails: MailSink;
  let accounts: AccountsApi;
  let passwords: PasswordsApi;

  beforeAll(async () => {
    mails = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: mails.url }, identityService);
    accounts = service.client(accountsApi);
    passwords = service.client(passwordsApi);
  });
  afterAll(async () => {
    await service.stop();
    await mails.stop();
  });
  afterEach(() => travel(service, 0));

  const logIn = (email: string, password: string) => accounts.logIn(anonymous(), { email, password });
  const refresh = ({ refreshToken }: SessionTokens) => accounts.refresh(anonymous(), { refreshToken });
  const requestReset = (email: string, clientIp?: string) =>
    passwords.requestReset({ ...anonymous(), ...(clientIp ? { clientIp } : {}) }, { email });
  const reset = (token: string, password = NEW_PASSWORD) => passwords.reset(anonymous(), { token, password });
  const change = (session: SessionTokens, currentPassword: string, password = NEW_PASSWORD) =>
    passwords.change(signedIn(session), { currentPassword, password });
  const resetToken = async (email: string) => {
    await requestReset(email);
    return mails.tokenFor(email, RESET);
  };

  describe('is set anew', () => {
    it('with a link that is mailed; all sessions end, the address is confirmed, and the person is told', async () => {
      const session = await signUp(service);
      const { email, id } = session.user;
      const before = (await accounts.me(signedIn(session), {})).user.passwordChangedAt;
      await reset(await resetToken(email));
      await mails.waitFor(email, 'has changed');
      await expect(refresh(session)).rejects.toMatchObject({ code: 'account.session_ended' });
      await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: 'account.bad_credentials' });
      const { user } = await logIn(email, NEW_PASSWORD);
      expect(user).toMatchObject({ id, emailVerified: true });
      expect(user.passwordChangedAt).not.toBe(before);
      const ended = await service.events(SessionEnded, session.tenant.id);
      expect(ended.map(({ data }) => data)).toEqual([{ userId: id, reason: 'password-changed' }]);
    });

    it('which lets its owner in from there, whoever guesses it from everywhere else meanwhile', async () => {
      const { email } = (await signUp(service)).user;
      const from = (clientIp: string) => ({ ...anonymous(), clientIp });
      const tries = (password: string, clientIp: string) =>
        accounts.logIn(from(clientIp), { email, password }).then(
          () => 'ok',
          ({ code }: { code: string }) => code,
        );
      for (let i = 0; i < 50; i++) await tries('not the password', `192.0.${i}.1`);
      await passwords.reset(from('198.51.100.20'), {
        token: await resetToken(email),
        password: NEW_PASSWORD,
      });
      expect(await tries(NEW_PASSWORD, '203.0.113.9')).toBe('account.slow_down');
      expect(await tries(NEW_PASSWORD, '198.51.100.20')).toBe('ok');
    });

    it('once per link, with the newest link only, within an hour', async () => {
      const { user } = await signUp(service);
      const first = await resetToken(user.email);
      await requestReset(user.email);
      const second = await eventually(async () => {
        const token = await mails.tokenFor(user.email, RESET);
        return token !== first && token;
      });
      await expect(reset(first)).rejects.toMatchObject({ code: 'account.link_invalid' });
      travel(service, HOUR_MS + 1);
      await expect(reset(second)).rejects.toMatchObject({ code: 'account.link_invalid' });
      travel(service, 0);
      const both = await Promise.allSettled([reset(second), reset(second)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('not with a link for something else, nor with one of nobody', async () => {
      const { user } = await signUp(service);
      const verification = await mails.tokenFor(user.email, 'Confirm');
      for (const token of [verification, 'x'.repeat(43)])
        await expect(reset(token)).rejects.toMatchObject({ code: 'account.link_invalid' });
      const wrongWay = service.client(emailsApi).verify(anonymous(), { token: await resetToken(user.email) });
      await expect(wrongWay).rejects.toMatchObject({ code: 'account.link_invalid' });
    });

    it('not to a common one, and the link still works for a better one', async () => {
      const { user } = await signUp(service, { tenantName: 'Kettle Works' });
      const token = await resetToken(user.email);
      for (const weak of ['password1234', 'kettle works 1!'])
        await expect(reset(token, weak)).rejects.toMatchObject({
          code: 'account.password_refused',
          details: { errors: [expect.objectContaining({ pointer: '/password' })] },
        });
      await reset(token);
    });

    it('and takes away a change of address that somebody else has begun', async () => {
      const session = await signUp(service);
      const emails = service.client(emailsApi);
      await emails.requestChange(signedIn(session), { email: 'thief@example.com', password: PASSWORD });
      const token = await mails.tokenFor('thief@example.com');
      await reset(await resetToken(session.user.email));
      await expect(emails.confirmChange(anonymous(), { token })).rejects.toMatchObject({
        code: 'account.link_invalid',
      });
    });

    it('for nobody who is switched off, and a request for nobody sends nothing', async () => {
      const { user } = await signUp(service);
      await service.database.query('UPDATE identity.users SET is_active = false WHERE id = $1', [user.id]);
      for (const email of [user.email, 'nobody-at-all@example.com']) await requestReset(email);
      const waiting = `SELECT id FROM identity.deliveries WHERE channel = 'password-reset' AND state = 'waiting'`;
      await eventually(async () => (await service.database.query(waiting)).length === 0);
      expect(
        [...mails.to(user.email), ...mails.to('nobody-at-all@example.com')].map((mail) => mail.subject),
      ).not.toContain(RESET);
    });
  });

  describe('asked for anew', () => {
    it('does the same with and without an account, so that the time tells nothing', async () => {
      const { email } = (await signUp(service)).user;
      const client = new pg.Client({ connectionString: service.database.adminUrl });
      await client.connect();
      try {
        await client.query('BEGIN; LOCK TABLE identity.users IN ACCESS EXCLUSIVE MODE');
        // Nobody can look for an account now, and nobody needs to: the worker will.
        for (const address of [email, `no-${email}`]) expect(await requestReset(address)).toBeUndefined();
      } finally {
        await client.end();
      }
      const rows = await service.database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM identity.deliveries WHERE channel = 'password-reset'
         AND created_at > now() - interval '1 minute' GROUP BY template`,
      );
      expect(rows).toHaveLength(1);
    });

    it('too often for one address is dropped in silence; too often from one network is refused', async () => {
      const { user } = await signUp(service);
      for (let i = 0; i < 6; i++) await requestReset(user.email);
      const settled = `SELECT count(*)::int AS n FROM identity.deliveries WHERE channel = 'password-reset' AND state = 'waiting'`;
      await eventually(async () => (await service.database.query<{ n: number }>(settled))[0]?.n === 0);
      await mails.waitFor(user.email, RESET);
      expect(mails.to(user.email).filter(({ subject }) => subject === RESET).length).toBeLessThanOrEqual(3);
      for (let i = 0; i < 30; i++) await requestReset(`from-one-network${i}@example.com`, '198.51.100.9');
      await expect(requestReset('one-more@example.com', '198.51.100.77')).rejects.toMatchObject({
        code: 'account.slow_down',
      });
      await requestReset('one-more@example.com', '203.0.113.9');
    });
  });

  describe('is changed', () => {
    it('with the current one; the other sessions end, this one goes on', async () => {
      const here = await signUp(service);
      const there = await logIn(here.user.email, PASSWORD);
      await change(here, PASSWORD);
      await mails.waitFor(here.user.email, 'has changed');
      await refresh(here);
      await expect(refresh(there)).rejects.toMatchObject({ code: 'account.session_ended' });
      await logIn(here.user.email, NEW_PASSWORD);
    });

    it('and sessions in other teams are told to have ended before the answer is', async () => {
      const here = await signUp(service);
      const other = await service.client(teamsApi).create(signedIn(here), { name: 'Other' });
      const there = await accounts.logIn(anonymous(), {
        email: here.user.email,
        password: PASSWORD,
        tenantId: other.id,
      });
      await change(here, PASSWORD);
      expect(await service.events(SessionEnded, other.id)).toMatchObject([
        { aggregateId: claimsOf(there.accessToken)['sid'] },
      ]);
    });

    it('not with a wrong one, and wrong ones slow down as at log-in', async () => {
      const session = await signUp(service);
      for (let i = 0; i < 10; i++)
        await expect(change(session, `guess number ${i}`)).rejects.toMatchObject({
          code: 'reauthentication.failed',
        });
      await expect(change(session, PASSWORD)).rejects.toMatchObject({ code: 'account.slow_down' });
    });

    it('not to one that is too short, too long, common, or made of the own name', async () => {
      const session = await signUp(service, { firstName: 'Ferdinand' });
      for (const password of ['too short', 'x'.repeat(257)])
        await expect(change(session, PASSWORD, password)).rejects.toMatchObject({ code: 'request.invalid' });
      for (const password of ['qwertyuiop12', 'Ferdinand-2024!'])
        await expect(change(session, PASSWORD, password)).rejects.toMatchObject({
          code: 'account.password_refused',
        });
      await logIn(session.user.email, PASSWORD);
    });

    it('by no API key', async () => {
      const ctx = { ...signedIn(await signUp(service)), actor: 'api-key' as const };
      await expect(
        passwords.change(ctx, { currentPassword: PASSWORD, password: NEW_PASSWORD }),
      ).rejects.toMatchObject({ code: 'request.forbidden' });
    });
  });

  it('is refused at sign-up when it is common, made of the team, or of the own address', async () => {
    for (const password of [
      '123456789012',
      'abcabcabcabc',
      'Sunshine2024!',
      'acme-acme-acme!',
      'leadwire-dana!!',
    ])
      await expect(
        signUp(service, { tenantName: 'Acme', email: 'dana@acme.example', password }),
      ).rejects.toMatchObject({ code: 'account.password_refused', kind: 'unprocessable' });
  });

  it('hashed with less work is hashed anew at the next log-in, and only then', async () => {
    const { user } = await signUp(service);
    const old = await hash(PASSWORD, { algorithm: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await service.database.query('UPDATE identity.users SET password_hash = $2 WHERE id = $1', [
      user.id,
      old,
    ]);
    await expect(logIn(user.email, 'not the password')).rejects.toThrow();
    const stored = async () =>
      (
        await service.database.query<{ hash: string }>(
          'SELECT password_hash AS hash FROM identity.users WHERE id = $1',
          [user.id],
        )
      )[0]?.hash;
    expect(await stored()).toBe(old);
    await logIn(user.email, PASSWORD);
    const raised = await stored();
    expect(raised).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await logIn(user.email, PASSWORD);
    expect(await stored()).toBe(raised);
  });

  it('waits in a bounded line: who comes after is told when to come back', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 120 }, (_, i) => logIn(`flood${i}@example.com`, 'not the password')),
    );
    const refused = tries.filter(
      (one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'request.unavailable',
    );
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { details: { retryAfterSeconds: 2 } } });
  });
});
