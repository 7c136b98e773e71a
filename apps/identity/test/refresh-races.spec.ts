import { accountsApi, SessionEnded, type AccountsApi, type SessionTokens } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { eventually, MailSink, type TestService } from '@leadwire/testing';
import fc from 'fast-check';
import { anonymous, claimsOf, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const BROWSER: Partial<Ctx> = {
  clientIp: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
};
const THIEF: Partial<Ctx> = { clientIp: '198.51.100.9', userAgent: 'curl/8.5.0' };
const ended = { code: 'account.session_ended', kind: 'unauthenticated' };

describe('refreshes that come at once', () => {
  let service: TestService;
  let accounts: AccountsApi;
  let sink: MailSink;

  beforeAll(async () => {
    sink = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: sink.url });
    accounts = service.client(accountsApi);
  });
  afterAll(async () => {
    await service.stop();
    await sink.stop();
  });
  afterEach(() => travel(service, 0));

  const refresh = ({ refreshToken }: Pick<SessionTokens, 'refreshToken'>, client = BROWSER) =>
    accounts.refresh({ ...anonymous(), ...client }, { refreshToken });
  const endings = async ({ tenant }: SessionTokens) =>
    (await service.events(SessionEnded, tenant.id)).map(({ data }) => data['reason']);
  const newestTokens = async (session: SessionTokens) => {
    const [row] = await service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n
       FROM identity.refresh_tokens r
       JOIN identity.sessions s ON s.id = r.session_id AND s.generation = r.generation
       WHERE s.id = $1`,
      [claimsOf(session.accessToken).sid],
    );
    return row?.n;
  };

  it('end in one line of tokens, or in none when a thief or a log-out was among them', async () => {
    const actor = fc.constantFrom('tab', 'tab', 'tab', 'thief', 'log-out');
    await fc.assert(
      fc.asyncProperty(fc.array(actor, { minLength: 2, maxLength: 6 }), async (actors) => {
        const first = await signUp(service);
        const outcomes = await Promise.all(
          actors.map(async (who) => {
            if (who === 'log-out') return void (await accounts.logOut(signedIn(first), {}));
            return refresh(first, who === 'thief' ? THIEF : BROWSER).catch((error: { code: string }) => {
              expect(error.code).toBe('account.session_ended');
              return undefined;
            });
          }),
        );
        const answers = outcomes.filter((outcome) => outcome !== undefined);
        // All who were answered got the very same answer: there is never a second line.
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBeLessThanOrEqual(1);
        expect(await newestTokens(first)).toBe(1);
        const kinds = new Set(actors);
        const isOver =
          kinds.has('log-out') || (kinds.has('thief') && actors.length > 1 && !onlyThieves(actors));
        expect(await endings(first)).toHaveLength(isOver ? 1 : 0);
        if (isOver) {
          for (const token of [first, ...answers]) await expect(refresh(token)).rejects.toMatchObject(ended);
        } else {
          expect(answers).toHaveLength(actors.length);
          await refresh(answers[0] as SessionTokens, onlyThieves(actors) ? THIEF : BROWSER);
        }
      }),
      { numRuns: 15 },
    );
  });
  const onlyThieves = (actors: string[]) => actors.every((who) => who === 'thief');

  it('get the same answer in whatever network their device is by now', async () => {
    const first = await signUp(service);
    const answer = await refresh(first);
    for (const clientIp of ['203.0.113.200', '2001:db8::7', '198.51.100.9'])
      expect(await refresh(first, { ...BROWSER, clientIp })).toEqual(answer);
    await refresh(answer);
    expect(await endings(first)).toEqual([]);
  });

  it.each([
    ['another program', { ...BROWSER, userAgent: 'curl/8.5.0' }],
    ['nobody we know', {}],
  ])('end the session when one of them comes from %s, even within the grace', async (_, client) => {
    const first = await signUp(service);
    const answer = await refresh(first);
    await expect(refresh(first, client)).rejects.toMatchObject(ended);
    await expect(refresh(answer)).rejects.toMatchObject(ended);
    expect(await endings(first)).toEqual(['reuse-detected']);
  });

  it('that end the session are told to the person, once, and without a token', async () => {
    const first = await signUp(service);
    const second = await refresh(first);
    travel(service, 31_000);
    for (let i = 0; i < 3; i++) await expect(refresh(first, THIEF)).rejects.toMatchObject(ended);
    travel(service, 0);
    const mails = () =>
      sink.mails.filter(({ to, subject }) => to === first.user.email && subject.startsWith('We ended'));
    await eventually(() => mails().length > 0);
    expect(mails()).toHaveLength(1);
    expect(mails()[0]?.text).toContain('Firefox on Linux');
    for (const { refreshToken, accessToken } of [first, second]) {
      expect(mails()[0]?.text).not.toContain(refreshToken);
      expect(mails()[0]?.text).not.toContain(accessToken);
    }
  });

  it('leave no answer behind that could be read: it is sealed, bound to its place, and gone after a minute', async () => {
    const first = await signUp(service);
    const answer = await refresh(first);
    const kept = async () => {
      const [row] = await service.database.query<{ sealed: string | null }>(
        'SELECT last_answer AS sealed FROM identity.sessions WHERE id = $1',
        [claimsOf(first.accessToken).sid],
      );
      return row?.sealed ?? null;
    };
    const sealed = await kept();
    expect(sealed).toMatch(/^v1\./);
    expect(sealed).not.toContain(answer.refreshToken);
    // Moved to another session, it opens for nobody: that session's spent token is simply a spent one.
    const other = await signUp(service);
    await refresh(other);
    await service.database.query('UPDATE identity.sessions SET last_answer = $2 WHERE id = $1', [
      claimsOf(other.accessToken).sid,
      sealed,
    ]);
    await expect(refresh(other)).rejects.toMatchObject(ended);
    travel(service, 61_000);
    await eventually(async () => (await kept()) === null);
  });
});
