import { Clock } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { KEY_LIFETIME_MS } from '../src/stripe/state/stripe-state.js';
import { StripeAccount, sdkFor } from './stripe-account.js';

class MovingClock extends Clock {
  time = Date.now();
  now(): Date {
    return new Date(this.time);
  }
}

describe('the idempotency keys of Stripe, and its bad days', () => {
  const clock = new MovingClock();
  let account: StripeAccount;

  beforeAll(async () => {
    account = await StripeAccount.start('', clock);
  });
  afterAll(() => account.stop());
  beforeEach(async () => {
    await account.sandbox.request('DELETE', '/stripe/payments');
    await account.sandbox.request('DELETE', '/misbehaviours');
  });

  const create = (key: string, amount = 500, sdk = account.stripe) =>
    sdk.paymentIntents.create({ amount, currency: 'usd' }, { idempotencyKey: key });
  const count = async () => (await account.stripe.paymentIntents.list()).data.length;
  const rules = async () =>
    (await account.sandbox.get<{ items: { applied: number }[] }>('/misbehaviours')).items;
  const misbehave = (behaviour: string, more = {}) =>
    account.sandbox.misbehave({
      scope: 'stripe-api',
      match: 'POST /v1/payment_intents',
      behaviour,
      times: 1,
      ...more,
    });

  it('gives the first answer again, byte for byte, and does nothing twice', async () => {
    const first = await create('k');
    const second = await create('k');
    expect(second).toEqual(first);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(await count()).toBe(1);
  });

  it('gives a decline again too', async () => {
    const pay = () =>
      account.stripe.paymentIntents.create(
        { amount: 500, currency: 'usd', payment_method: 'pm_card_chargeDeclined', confirm: true },
        { idempotencyKey: 'k' },
      );
    const first = (await pay().catch((error: unknown) => error)) as { payment_intent: { id: string } };
    const second = await pay().catch((error: unknown) => error);
    expect(second).toMatchObject({ statusCode: 402, payment_intent: { id: first.payment_intent.id } });
    expect(await count()).toBe(1);
  });

  it('refuses a key that stood for something else', async () => {
    await create('k');
    await expect(create('k', 600)).rejects.toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    await expect(create('k'.repeat(256))).rejects.toMatchObject({ statusCode: 400 });
  });

  it('keeps no answer to a request that was not valid', async () => {
    await expect(create('k', 1)).rejects.toMatchObject({ code: 'amount_too_small' });
    expect(await create('k', 500)).toMatchObject({ amount: 500 });
  });

  it('forgets a key after a day', async () => {
    await create('k');
    clock.time += KEY_LIFETIME_MS;
    await create('k', 600);
    expect(await count()).toBe(2);
  });

  it('answers 409 while the first request is still on its way', async () => {
    await misbehave('slow', { delayMs: 300 });
    const first = create('k');
    await eventually(async () => (await rules())[0]?.applied === 1);
    await expect(create('k')).rejects.toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect((await first).id).toBe((await create('k')).id);
    expect(await count()).toBe(1);
  });

  it.each([
    ['error-429', 'StripeRateLimitError', 429, 0],
    ['conflict-409', 'StripeAPIError', 409, 0],
  ])('%s had no effect and is not remembered', async (behaviour, type, statusCode, made) => {
    await misbehave(behaviour);
    await expect(create('k')).rejects.toMatchObject({ type, statusCode });
    expect(await count()).toBe(made);
    expect(await create('k')).toMatchObject({ object: 'payment_intent' });
  });

  it.each([
    ['error-500', 0],
    ['error-500-after-effect', 1],
  ])('%s stays the answer of its key', async (behaviour, made) => {
    await misbehave(behaviour);
    await expect(create('k')).rejects.toMatchObject({ type: 'StripeAPIError', statusCode: 500 });
    await expect(create('k')).rejects.toMatchObject({ type: 'StripeAPIError', statusCode: 500 });
    expect(await count()).toBe(made);
  });

  it.each([
    ['drop-before-effect', 0],
    ['drop-after-effect', 1],
  ])('%s gives no answer; the same key finds out', async (behaviour, made) => {
    // The SDK itself tries once more when a connection was closed, even when told not to retry.
    await misbehave(behaviour, { times: 2 });
    await expect(create('k')).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect(await count()).toBe(made);
    expect(await create('k')).toMatchObject({ object: 'payment_intent' });
    expect(await count()).toBe(1);
  });

  it('is healed by the retries of the SDK where they help', async () => {
    await misbehave('drop-after-effect');
    await misbehave('conflict-409');
    const intent = await create('k', 500, sdkFor(account.sandbox.url, { maxNetworkRetries: 2 }));
    expect(intent.object).toBe('payment_intent');
    expect(await count()).toBe(1);
  });

  it('gives up on a slow answer by the timeout of the SDK, and the payment is there nevertheless', async () => {
    await misbehave('slow', { delayMs: 400 });
    const impatient = sdkFor(account.sandbox.url, { timeout: 100 });
    await expect(create('k', 500, impatient)).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await eventually(async () => (await count()) === 1);
  });
});
