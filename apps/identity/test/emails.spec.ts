import {
  accountsApi,
  emailsApi,
  type AccountsApi,
  type EmailsApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { caller, eventually, MailSink, type TestService } from '@leadwire/testing';
import {
  anonymous,
  PASSWORD,
  signedIn,
  signUp,
  someone,
  standStill,
  startIdentity,
  travel,
} from './identity-client.js';

const DAY_MS = 86_400_000;
const CONFIRM = 'Confirm your e-mail address';
const CONFIRM_NEW = 'Confirm your new e-mail address';
const CONFIRM_OLD = 'Confirm the change';

describe('an e-mail address', () => {
  let service: TestService;
  let mails: MailSink;
  let accounts: AccountsApi;
  let emails: EmailsApi;

  beforeAll(async () => {
    mails = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: mails.url });
    accounts = service.client(accountsApi);
    emails = service.client(emailsApi);
  });
  afterAll(async () => {
    await service.stop();
    await mails.stop();
  });
  afterEach(() => travel(service, 0));

  const me = async (session: SessionTokens) => accounts.me(signedIn(session), {});
  const verify = (token: string) => emails.verify(anonymous(), { token });
  const confirmChange = (token: string) => emails.confirmChange(anonymous(), { token });
  const requestChange = (session: SessionTokens, email: string, password = PASSWORD) =>
    emails.requestChange(signedIn(session), { email, password });
  const verified = async () => {
    const session = await signUp(service);
    await verify(await mails.tokenFor(session.user.email, CONFIRM));
    return session;
  };
  let people = 0;
  const newAddress = () => `new${++people}@example.com`;

  describe('is confirmed', () => {
    it('with the link that sign-up mails, once', async () => {
      const session = await signUp(service);
      expect((await me(session)).user.emailVerified).toBe(false);
      const token = await mails.tokenFor(session.user.email, CONFIRM);
      await verify(token);
      expect((await me(session)).user.emailVerified).toBe(true);
      await expect(verify(token)).rejects.toMatchObject({
        code: 'account.link_invalid',
        kind: 'unprocessable',
      });
    });

    it('not with a link of nobody, nor after a day', async () => {
      const { user } = await signUp(service);
      const token = await mails.tokenFor(user.email, CONFIRM);
      await expect(verify('x'.repeat(43))).rejects.toMatchObject({ code: 'account.link_invalid' });
      travel(service, DAY_MS + 1);
      await expect(verify(token)).rejects.toMatchObject({ code: 'account.link_invalid' });
    });

    it('with the newest link only, and a new one is sent once a minute, then ever more slowly', async () => {
      const session = await signUp(service);
      const first = await mails.tokenFor(session.user.email, CONFIRM);
      standStill(service);
      const again = () => emails.sendVerification(signedIn(session), {});
      await again();
      const second = await eventually(async () => {
        const token = await mails.tokenFor(session.user.email, CONFIRM);
        return token !== first && token;
      });
      await expect(again()).rejects.toMatchObject({
        code: 'account.slow_down',
        details: { retryAfterSeconds: 60 },
      });
      standStill(service, 61_000);
      await again();
      await expect(again()).rejects.toMatchObject({ details: { retryAfterSeconds: 120 } });
      for (const token of [first, second])
        await expect(verify(token)).rejects.toMatchObject({ code: 'account.link_invalid' });
    });

    it('and a repeated request with the same Idempotency-Key sends nothing more', async () => {
      const session = await signUp(service);
      const ctx = signedIn(session, 'owner', { idempotencyKey: `again-${session.user.id}\tPOST` });
      await emails.sendVerification(ctx, {});
      await emails.sendVerification(ctx, {});
      const [row] = await service.database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM identity.one_time_tokens WHERE user_id = $1 AND purpose = 'verify-email'`,
        [session.user.id],
      );
      expect(row?.n).toBe(2);
    });

    it('not a second time', async () => {
      const session = await verified();
      await expect(emails.sendVerification(signedIn(session), {})).rejects.toMatchObject({
        code: 'account.email_verified_already',
      });
    });

    it('by nobody but a person: an API key and the system are refused', async () => {
      const session = await signUp(service);
      const key = { ...signedIn(session), actor: 'api-key' as const };
      await expect(emails.sendVerification(key, {})).rejects.toMatchObject({ code: 'request.forbidden' });
      await expect(
        emails.requestChange(key, { email: newAddress(), password: PASSWORD }),
      ).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });

  describe('is changed', () => {
    it.each(['old', 'new'])('when both addresses have confirmed, the %s one first', async (first) => {
      const session = await verified();
      const [oldEmail, newEmail] = [session.user.email, newAddress()];
      await requestChange(session, newEmail.toUpperCase());
      expect((await me(session)).pendingEmail).toBe(newEmail);
      const tokens = [
        await mails.tokenFor(oldEmail, CONFIRM_OLD),
        await mails.tokenFor(newEmail, CONFIRM_NEW),
      ];
      const [one = '', other = ''] = first === 'old' ? tokens : tokens.reverse();
      expect(await confirmChange(one)).toEqual({ completed: false });
      expect((await me(session)).user.email).toBe(oldEmail);
      expect(await confirmChange(other)).toEqual({ completed: true });
      expect(await me(session)).toMatchObject({
        user: { email: newEmail, emailVerified: true },
        pendingEmail: null,
      });
      await mails.waitFor(oldEmail, 'has changed');
      expect((await accounts.logIn(anonymous(), { email: newEmail, password: PASSWORD })).user.id).toBe(
        session.user.id,
      );
      await expect(
        accounts.logIn(anonymous(), { email: oldEmail, password: PASSWORD }),
      ).rejects.toMatchObject({
        code: 'account.bad_credentials',
      });
      for (const token of tokens)
        await expect(confirmChange(token)).rejects.toMatchObject({ code: 'account.link_invalid' });
    });

    it('with the new address alone when nobody ever confirmed the old one, which is told', async () => {
      const session = await signUp(service);
      const newEmail = newAddress();
      await requestChange(session, newEmail);
      expect((await mails.waitFor(session.user.email, 'is about to change')).text).not.toContain('#token');
      expect(await confirmChange(await mails.tokenFor(newEmail, CONFIRM_NEW))).toEqual({ completed: true });
    });

    it('and the sessions go on, but links to the old address work no longer', async () => {
      const session = await signUp(service);
      const oldLink = await mails.tokenFor(session.user.email, CONFIRM);
      const newEmail = newAddress();
      await requestChange(session, newEmail);
      await confirmChange(await mails.tokenFor(newEmail, CONFIRM_NEW));
      await expect(verify(oldLink)).rejects.toMatchObject({ code: 'account.link_invalid' });
      await accounts.refresh(anonymous(), { refreshToken: session.refreshToken });
    });

    it('only with the password, and not to the same address', async () => {
      const session = await verified();
      await expect(requestChange(session, newAddress(), 'not the password')).rejects.toMatchObject({
        code: 'reauthentication.failed',
        kind: 'forbidden',
      });
      await expect(requestChange(session, session.user.email)).rejects.toMatchObject({
        code: 'account.email_unchanged',
      });
      expect((await me(session)).pendingEmail).toBeNull();
    });

    it('and whether the new one has an account is told to that address, and to nobody else', async () => {
      const session = await verified();
      const other = await signUp(service);
      await requestChange(session, other.user.email);
      expect((await me(session)).pendingEmail).toBe(other.user.email);
      await mails.waitFor(other.user.email, 'already has');
      expect(await confirmChange(await mails.tokenFor(session.user.email, CONFIRM_OLD))).toEqual({
        completed: false,
      });
      expect((await me(other)).user.email).toBe(other.user.email);
      expect(mails.to(other.user.email).filter(({ text }) => text.includes('change-email'))).toEqual([]);
    });

    it('by one of two who want the same address at once', async () => {
      const [one, two] = [await signUp(service), await signUp(service)];
      const wanted = newAddress();
      await requestChange(one, wanted);
      const first = await mails.tokenFor(wanted, CONFIRM_NEW);
      await requestChange(two, wanted);
      const second = await eventually(async () => {
        const token = await mails.tokenFor(wanted, CONFIRM_NEW);
        return token !== first && token;
      });
      const outcomes = await Promise.allSettled([confirmChange(first), confirmChange(second)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'account.email_taken' },
      });
    });

    it('to the address of the last request only; a change can be cancelled', async () => {
      const session = await signUp(service);
      const [first, second] = [newAddress(), newAddress()];
      await requestChange(session, first);
      await requestChange(session, second);
      const [old, current] = [
        await mails.tokenFor(first, CONFIRM_NEW),
        await mails.tokenFor(second, CONFIRM_NEW),
      ];
      await expect(confirmChange(old)).rejects.toMatchObject({ code: 'account.link_invalid' });
      await emails.cancelChange(signedIn(session), {});
      await expect(confirmChange(current)).rejects.toMatchObject({ code: 'account.link_invalid' });
      expect((await me(session)).pendingEmail).toBeNull();
    });

    it('not by somebody else who is signed in', async () => {
      const session = await signUp(service);
      await expect(
        emails.requestChange(caller('owner'), { email: newAddress(), password: PASSWORD }),
      ).rejects.toMatchObject({ code: 'reauthentication.failed' });
      expect((await me(session)).pendingEmail).toBeNull();
    });
  });

  it('that has an account is told when somebody signs up with it, once an hour', async () => {
    const { user } = await signUp(service);
    for (let i = 0; i < 2; i++)
      await expect(accounts.signUp(anonymous(), someone({ email: user.email }))).rejects.toMatchObject({
        code: 'account.email_taken',
      });
    await mails.waitFor(user.email, 'already have');
    const last = await signUp(service);
    await mails.waitFor(last.user.email);
    expect(mails.to(user.email).filter(({ subject }) => subject.includes('already have'))).toHaveLength(1);
  });
});
