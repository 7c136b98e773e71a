import { eventually } from '@leadwire/testing';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';

const PASSWORD = 'a password of the journeys';
const PHONE = '+4915112345678';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** As curl would: through the gateway, with mails and texts read where the sandbox keeps them. */
export function accountsJourney(world: () => World): void {
  describe("a person's own account", () => {
    let platform: Platform;

    beforeAll(() => ({ platform } = world()));

    type Options = { token?: string; body?: unknown; headers?: Record<string, string> };
    const call = (method: string, path: string, { token, body, headers }: Options = {}) =>
      fetch(platform.urls.api + path, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
      });
    const statusOf = async (...args: Parameters<typeof call>) => {
      const response = await call(...args);
      await response.body?.cancel();
      return response.status;
    };
    type Session = { accessToken: string; user: { id: string; email: string } };
    const signUp = async (email: string): Promise<Session> => {
      const body = { tenantName: 'Journeys', email, password: PASSWORD };
      return (await (await call('POST', '/v1/sign-ups', { body })).json()) as Session;
    };
    const me = async (token: string) =>
      (await (await call('GET', '/v1/me', { token })).json()) as {
        user: Record<string, unknown>;
        pendingEmail: unknown;
      };
    const sandbox = async <T>(path: string) =>
      (await (await fetch(platform.urls.sandbox + path)).json()) as T;
    /** The token in the newest mail to an address whose subject contains these words. */
    const tokenFrom = (to: string, subject: string) =>
      eventually(async () => {
        const query = new URLSearchParams({ to, subject, order: 'desc', limit: '1' });
        const { items } = await sandbox<{ items: { id: number }[] }>(`/mails?${query}`);
        if (!items[0]) return undefined;
        const { text } = await sandbox<{ text: string }>(`/mails/${items[0].id}`);
        return /#token=([\w-]+)/.exec(text)?.[1];
      });

    it('is made with a mailed link, and who has one already is answered alike', async () => {
      const ask = async (email: string) => {
        const response = await call('POST', '/v1/sign-up-links', { body: { email } });
        return [response.status, await response.text(), response.headers.get('content-type')];
      };
      const { user } = await signUp('known@example.test');
      const email = 'newcomer@example.test';
      expect(await ask(email)).toEqual([202, '', null]);
      expect(await ask(user.email)).toEqual([202, '', null]);
      const body = {
        token: await tokenFrom(email, 'Sign up'),
        tenantName: 'By link',
        password: PASSWORD,
      };
      const headers = {
        'x-leadwire-mode': 'browser',
        'x-leadwire-csrf': '1',
        'sec-fetch-site': 'same-origin',
      };
      const made = await call('POST', '/v1/sign-up-links/confirm', { body, headers });
      expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(await made.json()).toMatchObject({
        accessToken: null,
        refreshToken: null,
        user: { email, emailVerified: true },
        tenant: { name: 'By link' },
      });
      expect(made.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-lw_session=ey/),
        expect.stringMatching(/^__Host-lw_refresh=/),
      ]);
      expect(await statusOf('POST', '/v1/sign-up-links/confirm', { body })).toBe(422);
      expect(await statusOf('POST', '/v1/sessions', { body: { email, password: PASSWORD } })).toBe(201);
    });

    it('has an address that is confirmed by the mail of sign-up', async () => {
      const { accessToken: token, user } = await signUp('verify@example.test');
      expect((await me(token)).user.emailVerified).toBe(false);
      const body = { token: await tokenFrom(user.email, 'Confirm your') };
      expect(await statusOf('POST', '/v1/email-verifications', { body })).toBe(204);
      expect((await me(token)).user.emailVerified).toBe(true);
      const again = await call('POST', '/v1/email-verifications', { body });
      expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([
        422,
        'account.link_invalid',
      ]);
      expect(await statusOf('POST', '/v1/me/email-verification', { token })).toBe(409);
    });

    it('changes its address when both have confirmed', async () => {
      const { accessToken: token, user } = await signUp('before@example.test');
      await statusOf('POST', '/v1/email-verifications', {
        body: { token: await tokenFrom(user.email, 'Confirm your') },
      });
      const body = { email: 'after@example.test', password: PASSWORD };
      expect(
        await statusOf('POST', '/v1/me/email-change', { token, body: { ...body, password: 'wrong' } }),
      ).toBe(403);
      expect(await statusOf('POST', '/v1/me/email-change', { token, body })).toBe(202);
      expect((await me(token)).pendingEmail).toBe('after@example.test');
      const confirm = async (to: string, subject: string) =>
        (await call('POST', '/v1/email-changes', { body: { token: await tokenFrom(to, subject) } })).json();
      expect(await confirm(user.email, 'Confirm the change')).toEqual({ completed: false });
      expect(await confirm('after@example.test', 'Confirm your new')).toEqual({ completed: true });
      expect((await me(token)).user.email).toBe('after@example.test');
      expect(await statusOf('DELETE', '/v1/me/email-change', { token })).toBe(204);
    });

    it('gets a new password by mail, which ends its sessions; who has no account is answered alike', async () => {
      const { accessToken: token, user } = await signUp('forgot@example.test');
      const ask = async (email: string) => {
        const response = await call('POST', '/v1/password-resets', { body: { email } });
        return [response.status, await response.text(), response.headers.get('content-type')];
      };
      expect(await ask(user.email)).toEqual(await ask('nobody@example.test'));
      const link = await tokenFrom(user.email, 'Set a new');
      const weak = await call('POST', '/v1/password-resets/confirm', {
        body: { token: link, password: 'password1234' },
      });
      expect([weak.status, ((await weak.json()) as { reason: string }).reason]).toEqual([422, 'common']);
      const body = { token: link, password: 'another good password' };
      expect(await statusOf('POST', '/v1/password-resets/confirm', { body })).toBe(204);
      await eventually(async () => (await statusOf('GET', '/v1/me', { token })) === 401);
      const credentials = { email: user.email, password: body.password };
      expect(await statusOf('POST', '/v1/sessions', { body: credentials })).toBe(201);
    });

    it('changes its password; other sessions are refused, this one goes on', async () => {
      const { accessToken: here, user } = await signUp('change@example.test');
      const other = await call('POST', '/v1/sessions', { body: { email: user.email, password: PASSWORD } });
      const { accessToken: there } = (await other.json()) as Session;
      const body = { currentPassword: PASSWORD, password: 'one more good password' };
      expect(await statusOf('POST', '/v1/me/password', { token: here, body })).toBe(204);
      await eventually(async () => (await statusOf('GET', '/v1/me', { token: there })) === 401);
      expect(await statusOf('GET', '/v1/me', { token: here })).toBe(200);
    });

    it('has a name, and a phone number that is confirmed by text', async () => {
      const { accessToken: token } = await signUp('phone@example.test');
      const profile = { firstName: 'Dana', phone: '+49 1511 2345678' };
      expect(await statusOf('PATCH', '/v1/me', { token, body: profile })).toBe(200);
      expect(await statusOf('POST', '/v1/me/phone-code', { token })).toBe(202);
      const code = await eventually(async () => {
        const { items } = await sandbox<{ items: { body: string }[] }>(
          `/texts?to=${encodeURIComponent(PHONE)}`,
        );
        return items[0] && /\d{6}/.exec(items[0].body)?.[0];
      });
      const wrong = code === '000000' ? '000001' : '000000';
      const path = '/v1/me/phone-code/confirm';
      expect(await statusOf('POST', path, { token, body: { code: wrong } })).toBe(422);
      expect(await statusOf('POST', path, { token, body: { code } })).toBe(204);
      expect((await me(token)).user).toMatchObject({ firstName: 'Dana', phone: PHONE, phoneVerified: true });
      const soon = await call('POST', '/v1/me/phone-code', { token });
      expect(soon.status).toBe(409);
    });

    describe('has a picture', () => {
      const formWith = (content: Buffer, part = 'file') => {
        const form = new FormData();
        form.set(part, new Blob([new Uint8Array(content)], { type: 'image/png' }), 'me.png');
        return form;
      };

      it('that the team can see, as nothing but a picture, until it is removed', async () => {
        const { accessToken: token, user } = await signUp('picture@example.test');
        const { accessToken: stranger } = await signUp('picture-stranger@example.test');
        const set = await call('POST', '/v1/me/avatar', { token, body: formWith(PNG) });
        const { avatarUrl } = (await set.json()) as { avatarUrl: string };
        expect(set.status).toBe(200);
        const picture = await call('GET', avatarUrl, { token });
        expect(Buffer.from(await picture.arrayBuffer())).toEqual(PNG);
        expect(Object.fromEntries(picture.headers)).toMatchObject({
          'content-type': 'image/png',
          'x-content-type-options': 'nosniff',
          'content-security-policy': expect.stringContaining('sandbox'),
          'cache-control': expect.stringContaining('private'),
        });
        expect(await statusOf('GET', avatarUrl, {})).toBe(401);
        expect(await statusOf('GET', `/v1/users/${user.id}/avatar`, { token: stranger })).toBe(404);
        expect(await statusOf('DELETE', '/v1/me/avatar', { token })).toBe(204);
        expect(await statusOf('GET', avatarUrl, { token })).toBe(404);
      });

      it('and nothing else: what is too large, no picture, no form or another part is refused', async () => {
        const { accessToken: token } = await signUp('no-picture@example.test');
        const refused = async (body: unknown) => {
          const response = await call('POST', '/v1/me/avatar', { token, body });
          return [response.status, ((await response.json()) as { code: string }).code];
        };
        const large = Buffer.concat([PNG, Buffer.alloc(2 * 1024 * 1024)]);
        expect(await refused(formWith(large))).toEqual([413, 'account.avatar_too_large']);
        expect(await refused(formWith(Buffer.from('<svg/>')))).toEqual([422, 'account.avatar_refused']);
        expect(await refused(formWith(PNG, 'picture'))).toEqual([400, 'request.invalid']);
        expect(await refused({ file: 'x' })).toEqual([400, 'account.avatar_missing']);
        expect((await me(token)).user.avatarUrl).toBeNull();
      });
    });

    it('is not closed to its owner by who guesses elsewhere', async () => {
      const { user } = await signUp('guessed@example.test');
      const logIn = (ip: string, password: string) =>
        call('POST', '/v1/sessions', {
          body: { email: user.email, password },
          headers: { 'x-forwarded-for': ip },
        });
      for (let i = 0; i < 10; i++) expect((await logIn('198.51.100.7', `guess ${i}`)).status).toBe(401);
      const slowed = await logIn('198.51.100.8', PASSWORD);
      expect([slowed.status, Number(slowed.headers.get('retry-after')) > 0]).toEqual([429, true]);
      expect((await logIn('203.0.113.7', PASSWORD)).status).toBe(201);
    });
  });
}
