import type { OpenIdProvider } from '@leadwire/testing';
import type { Platform } from '../../../../tools/start/platform.ts';
import { PUBLIC_URL, type World } from './world.ts';

const BROWSER = { 'x-leadwire-mode': 'browser', 'x-leadwire-csrf': '1', 'sec-fetch-site': 'same-origin' };

const TICKET = 'x'.repeat(43);

type Body = Record<string, unknown>;

export function oidcJourney(world: () => World): void {
  describe('log-in with a provider, through the gateway', () => {
    let provider: OpenIdProvider;
    let platform: Platform;
    let people = 0;
    const somebody = () => {
      const email = `somebody${++people}@example.com`;
      return { sub: `e2e-${people}`, email, email_verified: true, given_name: 'Eva' };
    };

    beforeAll(() => {
      ({ platform, provider } = world());
    });

    const send = async (
      method: string,
      path: string,
      body?: object,
      headers: Record<string, string> = {},
    ) => {
      const response = await fetch(`${platform.urls.api}${path}`, {
        method,
        redirect: 'manual',
        headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text ? JSON.parse(text) : {}) as Body,
      };
    };
    const cookiesIn = (headers: Headers): string =>
      headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
    const comeBack = async ({ body }: { body: Body }, person: ReturnType<typeof somebody>) => {
      provider.person = person;
      return provider.visit(String(body['authorizationUrl']));
    };

    it('is offered by name', async () => {
      expect((await send('GET', '/v1/oidc/providers')).body).toEqual({
        providers: [
          { key: 'company', label: 'Company' },
          { key: 'down', label: 'down' },
          { key: 'talkative', label: 'T' },
        ],
      });
    });

    it('signs a program up and in with the handle that it keeps', async () => {
      const person = somebody();
      const start = await send('POST', '/v1/oidc/company/log-ins', {});
      expect(start).toMatchObject({ status: 201, body: { handle: expect.stringMatching(/^[\w-]{43}$/) } });
      expect(start.headers.get('set-cookie')).toBeNull();
      const response = await comeBack(start, person);
      const callback = { provider: 'company', ...response, handle: start.body['handle'] };
      const unknown = await send('POST', '/v1/oidc/callbacks', callback);
      expect(unknown).toMatchObject({
        status: 409,
        body: { code: 'oidc.sign_up_required', email: person.email, ticket: expect.any(String) },
      });
      expect(unknown.headers.get('cache-control')).toBe('no-store');
      const signUp = { ticket: unknown.body['ticket'], tenantName: 'Acme' };
      const session = await send('POST', '/v1/oidc/sign-ups', signUp);
      expect(session).toMatchObject({ status: 201, body: { user: { email: person.email }, role: 'owner' } });
      const authorization = { authorization: `Bearer ${String(session.body['accessToken'])}` };
      expect((await send('GET', '/v1/me', undefined, authorization)).status).toBe(200);
      expect((await send('GET', '/v1/me/identities', undefined, authorization)).body).toMatchObject({
        identities: [{ provider: 'company', label: 'Company', email: person.email }],
      });
      expect(await send('POST', '/v1/oidc/callbacks', callback)).toMatchObject({
        status: 401,
        body: { code: 'oidc.log_in_unknown' },
      });
    });

    it('keeps handle and session of a browser in cookies, and takes the callback from that browser only', async () => {
      const person = somebody();
      const start = await send('POST', '/v1/oidc/company/log-ins', {}, BROWSER);
      expect(start).toMatchObject({ status: 201, body: { handle: null } });
      const [kept = ''] = start.headers.getSetCookie();
      expect(kept).toMatch(
        /^__Host-lw_oidc=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/,
      );
      const cookie = cookiesIn(start.headers);
      const callback = { provider: 'company', ...(await comeBack(start, person)) };
      expect(await send('POST', '/v1/oidc/callbacks', callback, BROWSER)).toMatchObject({ status: 401 });
      const unknown = await send('POST', '/v1/oidc/callbacks', callback, { ...BROWSER, cookie });
      const signUp = { ticket: unknown.body['ticket'], tenantName: 'Acme' };
      const session = await send('POST', '/v1/oidc/sign-ups', signUp, BROWSER);
      expect(session).toMatchObject({ status: 201, body: { accessToken: null, refreshToken: null } });
      const signedIn = { cookie: cookiesIn(session.headers) };
      expect((await send('GET', '/v1/me', undefined, signedIn)).status).toBe(200);
    });

    it('has two tabs of one browser log in at once', async () => {
      const first = await send('POST', '/v1/oidc/company/log-ins', {}, BROWSER);
      const cookie = cookiesIn(first.headers);
      const second = await send('POST', '/v1/oidc/company/log-ins', {}, { ...BROWSER, cookie });
      expect(cookiesIn(second.headers)).toBe(cookie);
      for (const start of [second, first]) {
        const callback = { provider: 'company', ...(await comeBack(start, somebody())) };
        expect(await send('POST', '/v1/oidc/callbacks', callback, { ...BROWSER, cookie })).toMatchObject({
          status: 409,
        });
      }
    });

    it('refuses to begin in a browser for a page of somebody else', async () => {
      const foreign = { ...BROWSER, 'sec-fetch-site': 'cross-site' };
      expect(await send('POST', '/v1/oidc/company/log-ins', {}, foreign)).toMatchObject({
        status: 403,
        body: { code: 'request.cross_site' },
      });
    });

    it('sends a browser that comes back by redirect on to the web client, signed in or told what is missing', async () => {
      const person = somebody();
      const goAndReturn = async () => {
        const start = await send('POST', '/v1/oidc/company/log-ins', { callback: 'redirect' }, BROWSER);
        // Providers add words of their own.
        const query = new URLSearchParams({
          ...(await comeBack(start, person)),
          session_state: 'x',
          scope: 'openid',
        });
        const cookie = cookiesIn(start.headers);
        return send('GET', `/v1/oidc/company/callback?${query.toString()}`, undefined, { cookie });
      };
      const unknown = await goAndReturn();
      expect(unknown).toMatchObject({ status: 303, body: {} });
      expect(unknown.headers.getSetCookie()).toEqual([]);
      const page = new URL(unknown.headers.get('location') as string);
      expect(`${page.origin}${page.pathname}${page.search}`).toBe(`${PUBLIC_URL}/log-in`);
      const said = new URLSearchParams(page.hash.slice(1));
      expect(Object.fromEntries(said)).toEqual({
        problem: 'oidc.sign_up_required',
        email: person.email,
        ticket: expect.any(String),
      });
      await send('POST', '/v1/oidc/sign-ups', { ticket: said.get('ticket'), tenantName: 'Acme' });
      const known = await goAndReturn();
      expect([known.status, known.headers.get('location')]).toEqual([303, `${PUBLIC_URL}/`]);
      const me = await send('GET', '/v1/me', undefined, { cookie: cookiesIn(known.headers) });
      expect(me.body).toMatchObject({ user: { email: person.email } });
    });

    it('sends whoever comes by redirect without the cookie to the log-in page, and nobody to an unknown provider', async () => {
      const stray = await send('GET', '/v1/oidc/company/callback?state=x&code=y');
      expect([stray.status, stray.headers.get('location')]).toEqual([
        303,
        `${PUBLIC_URL}/log-in#problem=oidc.log_in_unknown`,
      ]);
      expect(await send('GET', '/v1/oidc/unknown/callback?state=x&code=y')).toMatchObject({
        status: 404,
        body: { code: 'oidc.provider_not_found' },
      });
      expect(await send('GET', '/v1/oidc/company/callback')).toMatchObject({
        status: 400,
        body: { code: 'request.invalid' },
      });
    });

    it('says when to come back while a provider is down, and does not make anybody wait', async () => {
      // Not `504`: nobody waited for their deadline.
      const down = await send('POST', '/v1/oidc/down/log-ins', {});
      expect(down).toMatchObject({ status: 503, body: { code: 'oidc.provider_unavailable' } });
      expect(Number(down.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it.each<[string, string, object]>([
      ['nothing', '/v1/oidc/callbacks', {}],
      ['a number as state', '/v1/oidc/callbacks', { provider: 'company', state: 7 }],
      ['an endless code', '/v1/oidc/callbacks', { provider: 'company', state: 's', code: 'c'.repeat(4097) }],
      ['half a handle', '/v1/oidc/callbacks', { provider: 'company', state: 's', handle: 'short' }],
      ['an address to come back to', '/v1/oidc/company/log-ins', { callback: 'https://evil.test' }],
      ['two providers at once', '/v1/oidc/company/log-ins', { provider: 'other' }],
      ['a ticket for no team', '/v1/oidc/sign-ups', { ticket: TICKET }],
      [
        'an address of their own',
        '/v1/oidc/sign-ups',
        { ticket: TICKET, tenantName: 'A', email: 'a@b.test' },
      ],
      ['too long a ticket', '/v1/oidc/links', { ticket: `${TICKET}x`, email: 'a@b.test', password: 'p' }],
    ])('refuses %s', async (_, path, body) => {
      expect(await send('POST', path, body)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid' },
      });
    });
  });
}
