import { newId, type Ctx } from '@leadwire/kernel';
import { GatewayFixture } from './gateway-fixture.js';

describe('where a request comes from', () => {
  const seen: Ctx[] = [];
  const things = {
    list: (ctx: Ctx) => (seen.push(ctx), { items: [], next: null }),
    greet: (ctx: Ctx) => (seen.push(ctx), { id: newId(), name: 'x' }),
  };
  const claims = {
    'x-forwarded-for': '203.0.113.7',
    'user-agent': `browser ${'x'.repeat(400)}`,
    'x-real-ip': '203.0.113.8',
  };

  const ctxOf = async (env: Record<string, string>, headers: Record<string, string>) => {
    const gateway = await GatewayFixture.start({ env, things });
    try {
      seen.length = 0;
      await gateway.fetch('/v1/things', { headers });
      await gateway.post('/v1/greetings', { name: 'x' }, { headers, token: null });
      expect(seen).toHaveLength(2);
      return seen.map(({ clientIp, userAgent }) => ({ clientIp, userAgent }));
    } finally {
      await gateway.stop();
    }
  };

  it('is the address of the connection, whatever its headers claim', async () => {
    for (const { clientIp, userAgent } of await ctxOf({}, claims)) {
      expect(clientIp).toBe('127.0.0.1');
      expect(userAgent).toBe(claims['user-agent'].slice(0, 256));
    }
  });

  it('is what a proxy says that TRUST_PROXY names', async () => {
    for (const { clientIp } of await ctxOf({ TRUST_PROXY: '127.0.0.1' }, claims))
      expect(clientIp).toBe('203.0.113.7');
  });
});
