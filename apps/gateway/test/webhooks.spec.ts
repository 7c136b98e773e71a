import { webhooksApi, paymentErrors, type Api, type ReceiveWebhook } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { WebhooksController } from '../src/billing/webhooks.controller.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';

describe('events of the payment provider', () => {
  let gateway: GatewayFixture;
  let seen: { ctx: Ctx; input: ReceiveWebhook }[] = [];

  beforeAll(async () => {
    gateway = await GatewayFixture.start({ controllers: [WebhooksController] });
    await gateway.serve('billing', [
      [
        webhooksApi as Api,
        {
          receive: (ctx: Ctx, input: ReceiveWebhook) => {
            if (input.signature === 'forged') throw paymentErrors.signature_invalid();
            seen.push({ ctx, input });
          },
        },
      ],
    ]);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => (seen = []));

  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    gateway.fetch('/v1/webhooks/stripe', {
      method: 'POST',
      token: null,
      body,
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    });

  it.each([
    ['with spaces that a parser would drop', '{ "id" : "evt_1",\n\t"amount": 1.0e1 }'],
    ['with keys that come twice', '{"id":"evt_1","id":"evt_2"}'],
    ['that are no JSON', 'evt_1'],
    ['that are no text', Buffer.from([0xff, 0x00, 0xfe])],
  ])('are handed on byte by byte with their signature: those %s', async (_, body) => {
    const response = await send(body, { 'stripe-signature': 't=1,v1=abc' });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(seen).toMatchObject([
      { input: { body: Buffer.from(body).toString('base64'), signature: 't=1,v1=abc' } },
    ]);
  });

  it('are refused when billing refuses their signature', async () => {
    const response = await send('{}', { 'stripe-signature': 'forged' });
    expect(await problemIn(response)).toMatchObject({ status: 400, code: 'payment.signature_invalid' });
  });

  it('are refused when they are larger than any request may be, and nobody is asked', async () => {
    expect((await send(Buffer.alloc(2_000_000, 'x'))).status).toBe(413);
    expect(seen).toEqual([]);
  });
});
