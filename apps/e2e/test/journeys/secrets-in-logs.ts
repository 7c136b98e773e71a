import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@leadwire/testing';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';

const secret = (name: string) => `planted-${name}-${randomBytes(9).toString('base64url')}`;
const KEYS_OF_THE_INSTANCE = /^(ctx|key-encryption|cursor|sms)\.|^roles$/;

export function secretsInLogsJourney(world: () => World): void {
  describe('the logs of a whole Leadwire that says all it can', () => {
    const planted: Record<string, string> = {};
    const requestIds: string[] = [];
    let platform: Platform;

    const plant = (name: string, value = secret(name)): string => (planted[name] = value);
    const logs = () =>
      readdirSync(join(platform.dataDir, 'logs')).map((name) => [
        name,
        readFileSync(join(platform.dataDir, 'logs', name), 'utf8'),
      ]) as [string, string][];

    beforeAll(async () => {
      ({ platform } = world());
      plant('provider-secret', world().talkativeSecret);
      await usePeoplesSecrets();
      await useProviders();
      await useKeysAndMailAccounts();
      // Every request is logged when it is answered; the last one stands for all before it.
      await eventually(() => logs().some(([, text]) => text.includes(requestIds.at(-1) as string)));
    });

    type Sent = { headers?: Record<string, string>; body?: unknown; raw?: string };
    async function send(method: string, path: string, { headers, body, raw }: Sent = {}): Promise<Response> {
      const response = await fetch(`${platform.urls.api}/v1${path}`, {
        method,
        headers: {
          ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined && raw === undefined ? {} : { body: raw ?? JSON.stringify(body) }),
      });
      requestIds.push(response.headers.get('x-request-id') as string);
      return response;
    }
    const jsonOf = async (response: Promise<Response>) =>
      (await (await response).json()) as Record<string, never>;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    let accessToken: string;

    async function usePeoplesSecrets(): Promise<void> {
      const email = 'dana@leadwire.test';
      const password = plant('password');
      await send('POST', '/sign-ups', { body: { tenantName: 'Logs', email, password } });
      await send('POST', '/sign-ups', {
        body: { tenantName: 'Again', email, password: plant('second-sign-up') },
      });
      const tokens = await jsonOf(send('POST', '/sessions', { body: { email, password } }));
      accessToken = plant('access-token', tokens['accessToken']);
      const refreshToken = plant('refresh-token', tokens['refreshToken']);
      const asRaw = (name: string) => ({ raw: `{"email":"${email}","password":"${plant(name)}` });
      const asBody = (name: string, of: (value: string) => unknown) => ({ body: of(plant(name)) });
      const tries: Sent[] = [
        asBody('wrong-password', (wrong) => ({ email, password: wrong })),
        asBody('nested-password', (nested) => ({ email, password: { nested } })),
        asBody('long-password', (long) => ({ email, password: long.padEnd(300, 'x') })),
        asBody('unknown-field', (extra) => ({ email, password, extra })),
        asBody('field-name', (name) => ({ email, [name]: 1 })),
        asBody('body-text', (text) => text),
        asRaw('broken-json'),
        // V8 quotes a short text whole when it meets a letter where none may be.
        { raw: `{"password":${plant('short', `x${randomBytes(6).toString('base64url')}`)}}` },
        { ...asRaw('other-type'), headers: { 'content-type': 'text/plain' } },
        { ...asRaw('other-charset'), headers: { 'content-type': 'application/json; charset=utf-16' } },
      ];
      for (const sent of tries) await send('POST', '/sessions', sent);
      const renewed = await jsonOf(send('POST', '/sessions/refresh', { body: { refreshToken } }));
      plant('renewed-refresh-token', renewed['refreshToken']);
      await send('POST', '/sessions/refresh', { body: { refreshToken: plant('guessed-refresh-token') } });
      await send('POST', '/me/password', {
        headers: bearer(accessToken),
        body: { currentPassword: plant('wrong-current'), password: plant('new-password') },
      });
      await send('POST', '/password-resets/confirm', {
        body: { token: plant('reset-token'), password: plant('reset-password') },
      });
      await send('POST', '/sign-up-links/confirm', {
        body: { token: plant('sign-up-token'), tenantName: 'x', password: plant('sign-up-password') },
      });
      await send('GET', '/me', { headers: bearer(plant('garbage-token')) });
      await send('GET', '/me', { headers: { authorization: `Basic ${plant('basic')}` } });
      await send('GET', '/me', { headers: { cookie: `__Host-lw_session=${plant('cookie')}` } });
      await send('GET', `/me?access_token=${plant('query-token')}`);
      await send('GET', `/nothing-here?token=${plant('query-of-nothing')}`);
      // The router refuses this before there is a request to log.
      await fetch(`${platform.urls.api}/v1/me/%zz?token=${plant('query-of-nonsense')}`);
    }

    async function useProviders(): Promise<void> {
      const { authorizationUrl, handle } = await jsonOf(
        send('POST', '/oidc/talkative/log-ins', { body: {} }),
      );
      const state = new URL(authorizationUrl as unknown as string).searchParams.get('state') as string;
      const completed = await send('POST', '/oidc/callbacks', {
        body: {
          provider: 'talkative',
          state: plant('state', state),
          handle: plant('handle', handle),
          code: plant('code'),
        },
      });
      expect(completed.status).toBeGreaterThanOrEqual(400);
    }

    async function useKeysAndMailAccounts(): Promise<void> {
      const headers = bearer(accessToken);
      const key = await jsonOf(
        send('POST', '/api-keys', {
          headers,
          body: { name: 'logs', scopes: ['leads.read', 'email-accounts.write'] },
        }),
      );
      const apiKey = plant('api-key', key['secret']);
      const { id } = key['apiKey'] as unknown as { id: string };
      await send('GET', '/leads', { headers: bearer(apiKey) });
      await send('POST', '/leads', { headers: bearer(apiKey), body: { lastName: 'x' } });
      await send('GET', '/leads', { headers: bearer(`${apiKey.slice(0, -1)}!`) });
      const rotated = await jsonOf(
        send('POST', `/api-keys/${id}/rotate`, { headers, body: { overlapSeconds: 0 } }),
      );
      plant('rotated-api-key', rotated['secret']);
      await send('GET', '/leads', { headers: bearer(apiKey) });
      const account = await jsonOf(
        send('POST', '/email-accounts', {
          headers,
          body: {
            email: 'sender@leadwire.test',
            smtpHost: '127.0.0.1',
            smtpPort: 1,
            smtpUsername: 'sender',
            smtpPassword: plant('smtp-password'),
          },
        }),
      );
      await send('POST', `/email-accounts/${account['id']}/test`, { headers, body: {} });
      await send('POST', '/email-accounts', {
        headers,
        body: { smtpPassword: plant('refused-smtp-password') },
      });
    }

    it('were written, by every service, about every request', () => {
      const written = logs();
      for (const app of ['gateway', 'identity', 'campaigns', 'leads', 'billing'])
        expect(written.find(([name]) => name === `${app}.jsonl`)?.[1]).toContain('"level":"debug"');
      const text = written.map(([, lines]) => lines).join('\n');
      expect(requestIds.filter((id) => !text.includes(id))).toEqual([]);
      expect(Object.keys(planted).length).toBeGreaterThan(30);
    });

    it('hold no secret of anybody, in no form', () => {
      const found = Object.entries(planted).flatMap(([name, value]) => linesWith(name, formsOf(value)));
      expect(found).toEqual([]);
    });

    it('hold no key of the instance itself', () => {
      const keys = JSON.parse(readFileSync(join(platform.dataDir, 'secrets.json'), 'utf8')) as Record<
        string,
        string
      >;
      const own = Object.entries(keys).filter(([name]) => KEYS_OF_THE_INSTANCE.test(name));
      expect(own.map(([name]) => name)).toEqual(expect.arrayContaining(['key-encryption.identity', 'roles']));
      const urls = /postgres(ql)?:\/\/[^\s"]*:[^\s"@]+@/;
      const found = own.flatMap(([name, value]) => linesWith(name, formsOf(value)));
      const withPassword = logs().filter(([, text]) => urls.test(text));
      expect([...found, ...withPassword.map(([name]) => name)]).toEqual([]);
    });

    /** A secret as it is, as it looks in JSON or an address, and as a header or a dump would hide it; also its random half. */
    function formsOf(value: string): string[] {
      const bytes = Buffer.from(value);
      const forms = [value, value.slice(-12), encodeURIComponent(value), bytes.toString('hex')];
      return [...new Set([...forms, bytes.toString('base64').replace(/=+$/, '').slice(0, -2)])];
    }

    function linesWith(name: string, forms: string[]): string[] {
      return logs().flatMap(([file, text]) =>
        text
          .split('\n')
          .filter((line) => forms.some((form) => line.includes(form)))
          .map((line) => `${name} in ${file}: ${line.slice(0, 600)}`),
      );
    }
  });
}
