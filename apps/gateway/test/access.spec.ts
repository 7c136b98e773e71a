import { createHmac } from 'node:crypto';
import { ROLE_CAPABILITIES } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { Controller, Get } from '@nestjs/common';
import { generateKeyPair } from 'jose';
import { RouteTable, routesOf } from '../src/http/route-table.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('who may come in', () => {
  let gateway: GatewayFixture;
  let seen: Ctx | undefined;
  const thing = { id: newId(), name: 'lamp' };

  beforeAll(async () => {
    gateway = await GatewayFixture.start({
      things: {
        get: () => thing,
        list: (ctx) => ((seen = ctx), { items: [], next: null }),
        greet: (ctx) => ({ ...thing, name: ctx.actor }),
        add: () => thing,
        remove: () => undefined,
      },
    });
  });
  afterAll(() => gateway.stop());

  it('lets a signed-in caller through and asks identity for its keys once', async () => {
    const token = await gateway.token();
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => gateway.fetch(`/v1/things/${thing.id}`, { token })),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(gateway.asked.jwks).toBe(1);
  });

  it('hands tenant, user, session and capabilities of the token to the service', async () => {
    const ids = { tenantId: newId(), userId: newId(), sessionId: newId() };
    expect(
      (await gateway.fetch('/v1/things', { token: await gateway.token({ ...ids, role: 'viewer' }) })).status,
    ).toBe(200);
    expect(seen).toMatchObject({ ...ids, actor: 'user', capabilities: new Set(ROLE_CAPABILITIES.viewer) });
  });

  describe('refuses', () => {
    const answers401 = async (token: string | null) => {
      const response = await gateway.fetch(`/v1/things/${thing.id}`, { token });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await problemIn(response)).toMatchObject({ code: 'request.unauthenticated' });
    };

    it('a request without a token', () => answers401(null));
    it('a token that is none', () => answers401('nonsense'));

    it('a good token in the address', async () => {
      const token = await gateway.token();
      const path = `/v1/things/${thing.id}?access_token=${token}`;
      expect((await gateway.fetch(path, { token: null })).status).toBe(401);
    });
    it('an expired token', async () => answers401(await gateway.token({ expiresInSeconds: -1 })));
    it('a token of another issuer', async () => answers401(await gateway.token({ issuer: 'somebody' })));
    it('a token for another audience', async () =>
      answers401(await gateway.token({ audience: 'another-api' })));
    it('a token of another type', async () => answers401(await gateway.token({ type: 'JWT' })));
    it('a token of a key that identity does not know', async () =>
      answers401(await gateway.token({ kid: 'unknown' })));
    it('a token without a role of ours', async () =>
      answers401(await gateway.token({ role: 'emperor' as never })));
    it('a token whose tenant is no id', async () => answers401(await gateway.token({ tenantId: '*' })));

    it('a token signed by somebody else', async () => {
      const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
      await answers401(await gateway.token({ key: privateKey }));
    });

    it('a token with changed claims', async () => {
      const [head, , signature] = (await gateway.token()).split('.');
      const claims = {
        iss: 'leadwire',
        aud: 'leadwire-api',
        sub: newId(),
        sid: newId(),
        tid: newId(),
        role: 'owner',
        exp: 4e9,
      };
      await answers401(`${head}.${encode(claims)}.${signature}`);
    });

    it('a token with alg none', async () => {
      const [, claims] = (await gateway.token()).split('.');
      await answers401(`${encode({ alg: 'none', typ: 'at+jwt', kid: 'test-key' })}.${claims}.`);
    });

    it('a token signed with the public key as an HMAC secret', async () => {
      const secret = Buffer.from(gateway.publicKey, 'base64url');
      const [, claims] = (await gateway.token()).split('.');
      const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key' })}.${claims}`;
      await answers401(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`);
    });

    it('a caller whose role lacks the right, and says which', async () => {
      const response = await gateway.fetch(`/v1/things/${thing.id}`, {
        method: 'DELETE',
        token: await gateway.token({ role: 'agent' }),
      });
      expect(response.status).toBe(403);
      expect(await problemIn(response)).toMatchObject({
        code: 'request.forbidden',
        capability: 'leads.delete',
      });
    });
  });

  it('refuses nobody while the signing key changes again and again, even without notice', async () => {
    const statuses = new Set<number>();
    let changing = true;
    const request = async () => {
      while (changing)
        statuses.add((await gateway.fetch('/v1/things', { token: await gateway.token() })).status);
    };
    const clients = Array.from({ length: 8 }, request);
    for (let i = 0; i < 8; i++) {
      await gateway.rotateKey();
      // Each key has signed and been verified before the next one comes.
      expect((await gateway.fetch('/v1/things', { token: await gateway.token() })).status).toBe(200);
    }
    changing = false;
    await Promise.all(clients);
    expect([...statuses]).toEqual([200]);
  });

  it('does not ask identity for each invented key id', async () => {
    const before = gateway.asked.jwks;
    for (let i = 0; i < 40; i++)
      await gateway.fetch('/v1/things', { token: await gateway.token({ kid: `invented-${i}` }) });
    expect(gateway.asked.jwks - before).toBeLessThanOrEqual(12);
  });

  it('answers what is public to anybody, as anonymous, whatever token comes along', async () => {
    const response = await gateway.post('/v1/greetings', { name: 'me' }, { token: 'nonsense' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ name: 'anonymous' });
  });

  it('does not start with a route that nobody declared a right for', async () => {
    class Bare {
      list() {
        return [];
      }
    }
    Get()(
      Bare.prototype,
      'list',
      Object.getOwnPropertyDescriptor(Bare.prototype, 'list') as PropertyDescriptor,
    );
    Controller('bare')(Bare);
    expect(() => new RouteTable(routesOf([Bare]))).toThrow('Bare.list');
  });
});
