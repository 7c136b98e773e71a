import type { ServerResponse } from 'node:http';
import type { CompleteOidcLogIn } from '@leadwire/contracts';
import { CLIENT_SECRET, OpenIdProvider, type TestService } from '@leadwire/testing';
import { generateKeyPair, type CryptoKey } from 'jose';
import { EvilProvider, part } from './evil-provider.js';
import { captureLog, travel } from './identity-client.js';
import { callbackOf, complete, failureOf, pageOf, start, startWith } from './oidc-client.js';

describe('a provider, or somebody between, that lies', () => {
  let evil: EvilProvider;
  let real: OpenIdProvider;
  let service: TestService;
  let strangersKey: CryptoKey;

  beforeAll(async () => {
    [evil, real] = await Promise.all([EvilProvider.start(), OpenIdProvider.start([pageOf('real')])]);
    service = await startWith({ evil, real });
    strangersKey = (await generateKeyPair('RS256')).privateKey;
  });
  afterAll(async () => {
    await service?.stop();
    await Promise.all([evil?.stop(), real?.stop()]);
  });

  const traces = () =>
    service.database.query(
      `SELECT (SELECT count(*)::int FROM identity.sessions) AS sessions,
         (SELECT count(*)::int FROM identity.users) AS users,
         (SELECT count(*)::int FROM identity.user_identities) AS identities,
         (SELECT count(*)::int FROM identity.oidc_tickets) AS tickets`,
    );
  let before: unknown;
  beforeEach(async () => {
    before = await traces();
  });
  afterEach(() => {
    travel(service, 0);
    evil.repent();
  });
  const nothingHappened = async () => expect(await traces()).toEqual(before);

  const attempt = async (over: Partial<CompleteOidcLogIn> = {}) => {
    const { authorizationUrl, handle } = await start(service, 'evil');
    const callback = { provider: 'evil', ...evil.visit(authorizationUrl), handle: handle as string, ...over };
    return complete(service, callback);
  };

  it('is told from one that behaves, which gets as far as the question for a team', async () => {
    const proven = evil.proven;
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.sign_up_required' });
    expect(evil.proven).toBe(proven + 1);
  });

  it('may have a clock that is a minute behind, and no more', async () => {
    const late = (seconds: number) => (claims: object) => ({
      ...claims,
      exp: Math.floor(Date.now() / 1000) - seconds,
    });
    evil.claims = late(50);
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.sign_up_required' });
    evil.claims = late(70);
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.rejected' });
  });

  type Lie = [string, () => void];
  const claiming = (over: Record<string, unknown>) => () => {
    evil.claims = (claims) => ({ ...claims, ...over });
  };
  const signing = (sign: EvilProvider['sign']) => () => {
    evil.sign = sign;
  };
  it.each<Lie>([
    ['an ID token of another issuer', claiming({ iss: 'https://accounts.google.com' })],
    ['an ID token for another log-in', claiming({ nonce: 'x'.repeat(43) })],
    ['an ID token for no log-in', claiming({ nonce: undefined })],
    ['an ID token for another client', claiming({ aud: 'somebody-else' })],
    ['an ID token for us and others, made for nobody', claiming({ aud: ['leadwire', 'other'] })],
    ['an ID token for us, made for another client', claiming({ azp: 'other' })],
    ['an ID token that never expires', claiming({ exp: undefined })],
    ['an ID token for later', claiming({ nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['an ID token about nobody', claiming({ sub: undefined })],
    ['an ID token about an endless name', claiming({ sub: 's'.repeat(256) })],
    ['an ID token about a name with a line break', claiming({ sub: 'mallory\nadmin' })],
    ['an unsigned ID token', signing((claims) => `${part({ alg: 'none' })}.${part(claims)}.`)],
    ['an ID token signed with our secret', signing((claims) => evil.hmac(claims))],
    [
      'an ID token signed with its public key as a secret',
      signing((claims) => evil.hmac(claims, Buffer.from(JSON.stringify(evil.publicJwk)))),
    ],
    ['an ID token of an unknown key', signing((claims) => evil.signed(claims, { kid: 'unheard-of' }))],
    [
      "an ID token signed by a stranger under the provider's key id",
      signing((claims) => evil.signed(claims, { key: strangersKey })),
    ],
    ['text instead of an ID token', signing(() => 'not a token')],
    [
      'no ID token at all',
      () => {
        evil.tokens = ({ id_token: _, ...rest }) => rest;
      },
    ],
  ])('is refused with %s', async (_, lie) => {
    lie();
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.rejected', kind: 'unauthenticated' });
    await nothingHappened();
  });

  it.each<[string, Partial<CompleteOidcLogIn>]>([
    ['names another issuer in its response', { iss: 'https://accounts.google.com' }],
    ['does not name itself although it said it would', { iss: undefined }],
    ['brings no code', { code: undefined }],
  ])('is refused when it %s', async (_, over) => {
    expect(await failureOf(attempt(over))).toMatchObject({ code: 'oidc.rejected' });
    await nothingHappened();
  });

  const hang = (): undefined => undefined;
  const huge = (_: unknown, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(300_000)}"`);
  const status =
    (code: number, headers = {}) =>
    (_: unknown, response: ServerResponse) =>
      void response.writeHead(code, headers).end('{}');
  const text = (_: unknown, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  const unavailable = {
    code: 'oidc.provider_unavailable',
    kind: 'unavailable',
    details: { retryAfterSeconds: 5 },
  };

  it.each([
    ['never answers', '/token', hang],
    ['fails', '/token', status(500)],
    ['answers without end', '/token', huge],
    ['answers a page', '/token', text],
    ['sends us elsewhere', '/token', status(307, { location: '/elsewhere' })],
    ['hides its keys', '/jwks', status(404)],
    ['never tells its keys', '/jwks', hang],
  ])('only makes the log-in fail for now when it %s (%s %s)', async (_, path, answer) => {
    // Keys are kept with what the provider told about itself, so that must be old too.
    if (path === '/jwks') travel(service, 3_600_001);
    evil.instead.set(path, answer);
    expect(await failureOf(attempt())).toMatchObject(unavailable);
    await nothingHappened();
  });

  it('is not believed about an address that belongs to another subject', async () => {
    travel(service, 2 * 3_600_000);
    evil.userinfo = { sub: 'alice', email: 'alice@example.com', email_verified: true };
    evil.claims = ({ email: _, ...claims }) => claims;
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.rejected' });
    await nothingHappened();
  });

  it('is not believed about an address that it calls verified in words', async () => {
    evil.claims = (claims) => ({ ...claims, sub: 'wordy', email_verified: 'true' });
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.sign_up_required' });
  });

  it('cannot use one response twice', async () => {
    const begin = await start(service, 'real');
    const person = { sub: 'replay', email: 'replay@example.com' };
    const callback = await callbackOf('real', real, begin, person);
    const [first, second] = await Promise.allSettled([
      complete(service, callback),
      complete(service, callback),
    ]);
    const codes = [first, second].map((outcome) => (outcome as PromiseRejectedResult).reason.code as string);
    expect(codes.toSorted()).toEqual(['oidc.log_in_unknown', 'oidc.sign_up_required']);
  });

  it('cannot use the code of one log-in in another', async () => {
    const person = { sub: 'codes', email: 'codes@example.com' };
    const [one, other] = [await start(service, 'real'), await start(service, 'real')];
    const stolen = await callbackOf('real', real, one, person);
    const own = await callbackOf('real', real, other, person);
    const work = complete(service, { ...own, code: stolen.code as string });
    expect(await failureOf(work)).toMatchObject({ code: 'oidc.rejected' });
    await nothingHappened();
  });

  it('cannot complete a log-in in another browser, nor take it away from its own', async () => {
    const [victim, attacker] = [await start(service, 'real'), await start(service, 'real')];
    const callback = await callbackOf('real', real, victim, { sub: 'victim', email: 'victim@example.com' });
    for (const handle of [attacker.handle as string, undefined]) {
      const work = complete(service, { ...callback, handle: handle as string });
      expect(await failureOf(work)).toMatchObject({ code: 'oidc.log_in_unknown' });
    }
    await nothingHappened();
    expect(await failureOf(complete(service, callback))).toMatchObject({ code: 'oidc.sign_up_required' });
  });

  it('cannot pass the response of one provider off as that of another', async () => {
    const begin = await start(service, 'real');
    const callback = await callbackOf('real', real, begin, { sub: 'mixed', email: 'mixed@example.com' });
    const elsewhere = { ...callback, provider: 'evil' };
    expect(await failureOf(complete(service, elsewhere))).toMatchObject({ code: 'oidc.log_in_unknown' });
    const again = await callbackOf('real', real, await start(service, 'real'));
    expect(await failureOf(complete(service, { ...again, iss: evil.issuer }))).toMatchObject({
      code: 'oidc.rejected',
    });
    await nothingHappened();
  });

  it('is asked about itself once an hour, and its last word holds for a day', async () => {
    travel(service, 10 * 3_600_000);
    const discovered = evil.discovered;
    await Promise.all([start(service, 'evil'), start(service, 'evil'), start(service, 'evil')]);
    expect(evil.discovered).toBe(discovered + 1);
    evil.discovery = (document) => ({ ...document, issuer: 'https://accounts.google.com' });
    travel(service, 12 * 3_600_000);
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.sign_up_required' });
    travel(service, 35 * 3_600_000);
    expect(await failureOf(attempt())).toMatchObject(unavailable);
    const asked = evil.discovered;
    expect(await failureOf(attempt())).toMatchObject(unavailable);
    expect(evil.discovered).toBe(asked);
    evil.repent();
    travel(service, 35 * 3_600_000 + 6_000);
    expect(await failureOf(attempt())).toMatchObject({ code: 'oidc.sign_up_required' });
  });

  it('cannot make us log what is secret', async () => {
    const lines = captureLog(service);
    const secrets: string[] = [CLIENT_SECRET];
    const spied = async (misdeed: () => void) => {
      evil.repent();
      misdeed();
      const { authorizationUrl, handle } = await start(service, 'evil');
      const response = evil.visit(authorizationUrl);
      secrets.push(response.code, response.state, handle as string);
      await failureOf(complete(service, { provider: 'evil', ...response, handle: handle as string }));
    };
    await spied(() => undefined);
    await spied(claiming({ nonce: 'wrong', email: 'told@example.com' }));
    await spied(() => {
      evil.tokens = (answer) => ({ ...answer, access_token: 7, refresh_token: 'a refresh token' });
    });
    await spied(() => evil.instead.set('/token', status(500)));
    const logged = lines.join('');
    expect(logged).toContain('oidc.rejected');
    expect(logged).toContain('oidc.provider_unavailable');
    secrets.push('a refresh token', 'an access token', 'told@example.com', 'mallory@example.com');
    for (const secret of secrets) expect(logged).not.toContain(secret);
  });
});
