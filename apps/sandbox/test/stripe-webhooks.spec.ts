import { eventually } from '@leadwire/testing';
import type Stripe from 'stripe';
import { SECRET, StripeAccount } from './stripe-account.js';

describe('the webhooks of Stripe', () => {
  let account: StripeAccount;

  beforeAll(async () => {
    account = await StripeAccount.start();
  });
  afterAll(() => account.stop());
  beforeEach(async () => {
    await account.sandbox.request('DELETE', '/stripe/payments');
    await account.sandbox.request('DELETE', '/misbehaviours');
    await account.signWith([SECRET]);
    account.status = 200;
    account.deliveries.length = 0;
  });

  const misbehave = (behaviour: string, more = {}) =>
    account.sandbox.misbehave({ scope: 'stripe-webhook', match: 'customer.*', behaviour, ...more });
  const customers = async (count: number) => {
    const made = [];
    for (let i = 0; i < count; i += 1)
      made.push((await account.stripe.customers.create({ name: `${i}` })).id);
    return made;
  };
  const arrived = (count: number) => eventually(() => account.deliveries.length >= count);
  const first = async () => {
    await arrived(1);
    return account.deliveries[0] as (typeof account.deliveries)[number];
  };
  const idsOf = () => account.deliveries.map(({ body }) => (JSON.parse(body) as Stripe.Event).id);

  it('are good under the SDK, and are no longer pending once they are taken', async () => {
    await customers(1);
    const { event, error } = await first();
    expect([error, event?.type, event?.api_version]).toEqual([
      undefined,
      'customer.created',
      '2026-10-28.endive',
    ]);
    await eventually(
      async () => (await account.stripe.events.retrieve(event?.id ?? '')).pending_webhooks === 0,
    );
  });

  it('are signed with both secrets while one replaces the other', async () => {
    await account.signWith(['whsec_new', SECRET]);
    await customers(1);
    const { header, error, body } = await first();
    expect(error).toBeUndefined();
    expect(header?.match(/v1=/g)).toHaveLength(2);
    expect(account.stripe.webhooks.constructEvent(body, header ?? '', 'whsec_new').type).toBe(
      'customer.created',
    );
  });

  it('come again until they are answered with 2xx', async () => {
    account.status = 503;
    await customers(1);
    await arrived(1);
    account.status = 200;
    await arrived(2);
    expect(new Set(idsOf()).size).toBe(1);
    const metrics = await (await account.sandbox.request('GET', '/metrics')).text();
    expect(metrics).toMatch(/sandbox_webhooks_total\{result="refused"\} 1\b/);
  });

  it('come once more when asked for', async () => {
    await customers(1);
    await arrived(1);
    const [id = ''] = idsOf();
    expect((await account.sandbox.request('POST', `/stripe/events/${id}/resend`)).status).toBe(204);
    await arrived(2);
    expect(idsOf()).toEqual([id, id]);
    expect((await account.sandbox.request('POST', '/stripe/events/evt_none/resend')).status).toBe(404);
  });

  it('can come three times', async () => {
    await misbehave('duplicate', { times: 1 });
    await customers(1);
    await arrived(3);
    expect(new Set(idsOf()).size).toBe(1);
  });

  it('can come in another order', async () => {
    await misbehave('shuffle', { delayMs: 200 });
    const made = await customers(3);
    await arrived(3);
    expect(account.deliveries.map(({ event }) => (event?.data.object as Stripe.Customer).id)).toEqual(
      made.reverse(),
    );
  });

  it('can come late', async () => {
    await misbehave('late', { delayMs: 300 });
    const before = performance.now();
    await customers(1);
    await arrived(1);
    expect(performance.now() - before).toBeGreaterThan(250);
  });

  it('can be lost: the event is on the list nevertheless', async () => {
    await misbehave('lost', { times: 1 });
    const made = await customers(2);
    await arrived(1);
    const { data } = await account.stripe.events.list({ type: 'customer.created' });
    expect(data.map(({ data: { object } }) => (object as Stripe.Customer).id)).toEqual(made.reverse());
    expect(idsOf()).toEqual([data[0]?.id]);
  });

  it.each([
    ['stale', /Timestamp outside the tolerance zone/],
    ['wrong-secret', /No signatures found matching/],
    ['tampered', /No signatures found matching/],
    ['unsigned', /No stripe-signature header|Unable to extract/],
  ])('can be %s, which the SDK refuses', async (behaviour, error) => {
    await misbehave(behaviour);
    await customers(1);
    expect((await first()).error).toMatch(error);
  });

  it('can come from the future, which the SDK takes', async () => {
    await misbehave('from-the-future');
    await customers(1);
    const { header, event } = await first();
    expect(event?.type).toBe('customer.created');
    expect(Number(/t=(\d+)/.exec(header ?? '')?.[1])).toBeGreaterThan(Date.now() / 1000 + 300);
  });

  it.each([
    ['live-mode', { livemode: true }],
    ['other-account', { account: 'acct_1SomebodyElse' }],
  ])('can be of another world: %s', async (behaviour, expected) => {
    await misbehave(behaviour);
    await customers(1);
    expect((await first()).event).toMatchObject(expected);
    const [listed] = (await account.stripe.events.list()).data;
    expect(listed).toMatchObject({ livemode: false });
  });

  it.each([
    [{ url: 'ftp://x.test', secrets: [] }, '/url'],
    [{ url: '', secrets: ['a', 'b', 'c'] }, '/secrets'],
    [{ secrets: [] }, '/url'],
  ])('an endpoint of %j is refused', async (body, pointer) => {
    const response = await account.sandbox.request('PUT', '/stripe/webhook-endpoint', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it.each([
    [{ scope: 'stripe-webhook', match: '*', behaviour: 'reject-550' }, '/scope'],
    [{ scope: 'stripe-api', match: '*', behaviour: 'lost' }, '/scope'],
    [{ scope: 'recipient', match: '*', behaviour: 'duplicate' }, '/scope'],
    [{ scope: 'stripe-webhook', match: '*', behaviour: 'lost', delayMs: 5 }, '/delayMs'],
  ])('a misbehaviour of %j is refused', async (rule, pointer) => {
    const response = await account.sandbox.request('POST', '/misbehaviours', rule);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });
});
