import { Clock, newId } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { FakeKeys } from './fake-keys.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';

describe('when a part of Leadwire is away', () => {
  let gateway: GatewayFixture;
  beforeAll(async () => {
    gateway = await GatewayFixture.start({ env: { REQUEST_DEADLINE_MS: '1500' } });
  });
  afterAll(() => gateway.stop());

  it('answers 503 at once while nobody serves a request, and works again when somebody does', async () => {
    const token = await gateway.token();
    const response = await gateway.fetch('/v1/things', { token });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problemIn(response)).toMatchObject({ status: 503, code: 'request.unavailable' });
    const { thingsApi } = await import('./things.controller.js');
    await gateway.serve('things', [[thingsApi as never, { list: () => ({ items: [], next: null }) }]]);
    expect((await gateway.fetch('/v1/things', { token })).status).toBe(200);
  });

  it('answers 504 when the answer does not come in time', async () => {
    const silent = gateway.connection.subscribe('rpc.exact.things.get');
    await gateway.connection.flush();
    const response = await gateway.fetch(`/v1/exact/${newId()}`);
    silent.unsubscribe();
    expect(await problemIn(response)).toMatchObject({ status: 504, code: 'request.timeout' });
  });

  it('says in its health which services answer and which do not', async () => {
    const answers = gateway.connection.subscribe('health.identity', {
      callback: (_, msg) => void msg.respond(JSON.stringify({ status: 'ok', checks: [] })),
    });
    await gateway.connection.flush();
    await eventually(async () => {
      const response = await fetch(`${gateway.url}/health`);
      expect([response.status, await response.json()]).toEqual([
        200,
        {
          status: 'degraded',
          services: expect.objectContaining({
            gateway: { status: 'ok' },
            identity: { status: 'ok' },
            things: { status: 'down' },
          }),
        },
      ]);
      return true;
    });
    answers.unsubscribe();
  });

  it('is live and ready with a broker, live but not ready without', async () => {
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
    await gateway.nats.down();
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(503);
    const token = await gateway.token();
    await eventually(async () => {
      const response = await gateway.fetch('/v1/things', { token });
      return response.status === 503 && response.headers.get('retry-after') === '1';
    });
    await gateway.nats.up();
    await eventually(async () => (await gateway.fetch('/v1/things')).status === 200);
  });
});

describe('an API key while identity is away', () => {
  const keys = new FakeKeys();
  let gateway: GatewayFixture;

  beforeAll(async () => {
    gateway = await GatewayFixture.start({
      identity: keys.handlers,
      things: { list: () => ({ items: [], next: null }) },
    });
  });
  afterAll(() => gateway.stop());

  it('goes on for its half minute if it was seen before; others are told to come back', async () => {
    const [known, unknown] = [keys.issue(), keys.issue()];
    const send = ({ text }: { text: string }) => gateway.fetch('/v1/things', { token: text });
    expect((await send(known)).status).toBe(200);
    await gateway.takeAway();
    expect((await send(known)).status).toBe(200);
    const refused = await send(unknown);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemIn(refused)).toMatchObject({ status: 503, code: 'request.unavailable' });
    gateway.gateway.app.get(Clock).now = () => new Date(Date.now() + 31_000);
    expect((await send(known)).status).toBe(503);
    await gateway.serve('identity', keys.handlers);
    expect((await send(known)).status).toBe(200);
  });
});
