import { accountErrors, accountsApi, sessionsApi, type Api } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { SessionsController } from '../src/identity/sessions.controller.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { GreetingsController, ThingsController } from './things.controller.js';

const OURS = { 'x-leadwire-csrf': '1', 'sec-fetch-site': 'same-origin' };
const BROWSER = { ...OURS, 'x-leadwire-mode': 'browser' };
const APP = 'https://app.example.com';
const logIn = { email: 'dana@example.com', password: 'correct horse battery' };

describe('a session in a browser', () => {
  let gateway: GatewayFixture;
  let given: { refreshToken?: string } = {};
  let answers: 'a session' | 'it has ended' = 'a session';
  const ids = { tenantId: newId(), userId: newId(), sessionId: newId() };
  const added: string[] = [];

  beforeAll(async () => {
    const session = async () => ({
      accessToken: await gateway.token(ids),
      refreshToken: `refresh-${newId()}`,
      expiresInSeconds: 300,
      role: 'owner',
    });
    gateway = await GatewayFixture.start({
      env: { CORS_ORIGINS: `${APP}, https://console.example.com` },
      controllers: [SessionsController, ThingsController, GreetingsController],
      things: {
        list: () => ({ items: [], next: null }),
        add: (_, { name }: { name: string }) => (added.push(name), { id: newId(), name }),
      },
      identity: [
        [
          accountsApi as Api,
          {
            logIn: session,
            logOut: () => undefined,
            refresh: (_, input: { refreshToken: string }) => {
              given = input;
              if (answers === 'it has ended') throw accountErrors.session_ended();
              return session();
            },
          },
        ],
        [sessionsApi as Api, { switchTenant: session }],
      ],
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    given = {};
    answers = 'a session';
    added.length = 0;
  });

  const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    gateway.fetch(path, {
      method,
      token: null,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  /** The cookies of an answer as the browser would send them back. */
  const jarOf = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  const loggedIn = async () => jarOf(await send('POST', '/v1/sessions', BROWSER, logIn));

  it('gets its tokens in cookies that no script can read, and not in the answer', async () => {
    const response = await send('POST', '/v1/sessions', BROWSER, logIn);
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      accessToken: null,
      refreshToken: null,
      expiresInSeconds: 300,
      role: 'owner',
    });
    const attributes = 'Path=/; Max-Age=MAX; HttpOnly; Secure; SameSite=Strict';
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(`^__Host-lw_session=ey[\\w.-]+; ${attributes.replace('MAX', '300')}$`),
      expect.stringMatching(`^__Host-lw_refresh=refresh-[\\w-]+; ${attributes.replace('MAX', '1209600')}$`),
    ]);
  });

  it('is unknown to clients that do not ask for it: they get tokens and no cookies', async () => {
    const response = await send('POST', '/v1/sessions', {}, logIn);
    expect(await response.json()).toMatchObject({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
    });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('reads and writes with its cookies', async () => {
    const cookie = await loggedIn();
    expect((await send('GET', '/v1/things', { cookie })).status).toBe(200);
    expect((await send('POST', '/v1/things', { ...OURS, cookie }, { name: 'lamp' })).status).toBe(201);
    expect(added).toEqual(['lamp']);
  });

  it('is renewed by cookie, and the new tokens are in cookies again', async () => {
    const cookie = await loggedIn();
    const response = await send('POST', '/v1/sessions/refresh', { ...OURS, cookie });
    expect(response.status).toBe(200);
    expect(cookie).toContain(`__Host-lw_refresh=${given.refreshToken}`);
    expect(await response.json()).toMatchObject({ accessToken: null, refreshToken: null });
    expect(jarOf(response)).not.toBe(cookie);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('loses its cookies when it cannot be renewed, and when it logs out', async () => {
    const cookie = await loggedIn();
    answers = 'it has ended';
    const refused = await send('POST', '/v1/sessions/refresh', { ...OURS, cookie });
    expect(refused.status).toBe(401);
    const out = await send('DELETE', '/v1/sessions/current', { ...OURS, cookie });
    expect(out.status).toBe(204);
    for (const response of [refused, out]) {
      expect(response.headers.getSetCookie()).toEqual([
        '__Host-lw_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
        '__Host-lw_refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
      ]);
    }
  });

  it('switches team by cookie', async () => {
    const cookie = await loggedIn();
    const path = '/v1/sessions/current/tenant';
    const response = await send('POST', path, { ...OURS, cookie }, { tenantId: newId() });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ accessToken: null, refreshToken: null });
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  it('has nothing to do with a bearer token, which always wins and needs no proof of origin', async () => {
    const response = await gateway.post('/v1/things', { name: 'api' }, { headers: { cookie: 'a=b' } });
    expect(response.status).toBe(201);
    const cookie = await loggedIn();
    const headers = { cookie, 'sec-fetch-site': 'cross-site' };
    expect((await gateway.post('/v1/things', { name: 'api' }, { headers })).status).toBe(201);
  });

  describe('is safe from another site that', () => {
    const refused = async (response: Response) => {
      expect(response.status).toBe(403);
      expect(await problemIn(response)).toMatchObject({ code: 'request.cross_site' });
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(added).toEqual([]);
      expect(given).toEqual({});
    };
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };

    it('posts a form', async () => {
      const cookie = await loggedIn();
      const response = await gateway.fetch('/v1/things', {
        method: 'POST',
        token: null,
        headers: { ...evil, cookie, 'content-type': 'text/plain' },
        body: '{"name":"gift"}',
      });
      expect(response.status).toBe(415);
      expect(added).toEqual([]);
      await refused(await send('POST', '/v1/things', { ...evil, cookie }, { name: 'gift' }));
    });

    it('sends a script’s request, even with our header', async () => {
      const cookie = await loggedIn();
      await refused(
        await send(
          'POST',
          '/v1/things',
          { ...evil, ...{ 'x-leadwire-csrf': '1' }, cookie },
          { name: 'gift' },
        ),
      );
    });

    it('is a sister under the same domain', async () => {
      const cookie = await loggedIn();
      const sister = { ...OURS, origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' };
      await refused(await send('POST', '/v1/things', { ...sister, cookie }, { name: 'gift' }));
    });

    it('omits the header that it cannot send', async () => {
      const cookie = await loggedIn();
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      await refused(await send('POST', '/v1/things', headers, { name: 'gift' }));
      await refused(await send('POST', '/v1/sessions/refresh', headers));
      await refused(await send('DELETE', '/v1/sessions/current', headers));
    });

    it('renews or ends the session', async () => {
      const cookie = await loggedIn();
      const headers = { ...evil, 'x-leadwire-csrf': '1', cookie };
      await refused(await send('POST', '/v1/sessions/refresh', headers));
      await refused(await send('DELETE', '/v1/sessions/current', headers));
    });

    it('logs the victim in to the attacker’s account', async () => {
      await refused(await send('POST', '/v1/sessions', { ...evil, 'x-leadwire-mode': 'browser' }, logIn));
    });
  });

  it.each(['', 'not a token', `${'x'.repeat(5000)}`])(
    'takes no cookie for a token that is none (%#)',
    async (value) => {
      const cookie = `__Host-lw_session=${value}; __Host-lw_refresh=${value}`;
      expect((await send('GET', '/v1/things', { cookie })).status).toBe(401);
      expect((await send('POST', '/v1/sessions/refresh', { ...OURS, cookie })).status).toBe(400);
    },
  );

  describe('of a page elsewhere', () => {
    const preflight = (origin: string) =>
      send('OPTIONS', '/v1/things', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, x-leadwire-csrf',
      });

    it('is served when its origin is on the list', async () => {
      const asked = await preflight(APP);
      expect(asked.status).toBe(204);
      expect(Object.fromEntries(asked.headers)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': expect.stringContaining('x-leadwire-csrf'),
        'access-control-allow-methods': expect.stringContaining('DELETE'),
        'access-control-max-age': '600',
        vary: 'Origin',
      });
      const cookie = await loggedIn();
      const headers = { ...OURS, cookie, origin: APP, 'sec-fetch-site': 'same-site' };
      const response = await send('POST', '/v1/things', headers, { name: 'lamp' });
      expect(response.status).toBe(201);
      expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    });

    it.each([
      'https://evil.example',
      'https://app.example.com.evil.example',
      'http://app.example.com',
      'null',
    ])('hears nothing when it is %s', async (origin) => {
      const asked = await preflight(origin);
      expect(asked.status).not.toBe(204);
      const answer = await send('GET', '/v1/things', { origin });
      for (const response of [asked, answer]) {
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
        expect(response.headers.get('vary')).toBe('Origin');
      }
    });
  });
});
