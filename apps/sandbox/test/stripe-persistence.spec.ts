import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, SystemClock } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { StripeState } from '../src/stripe/state/stripe-state.js';
import { addCustomer } from '../src/stripe/objects/customer.js';
import { StripeAccount, topUp } from './stripe-account.js';

class MovingClock extends Clock {
  time = Date.now();
  now(): Date {
    return new Date(this.time);
  }
}

describe('the account of Stripe in a folder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'leadwire-sandbox-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const journal = () => join(dir, 'stripe.jsonl');
  const withAccount = async <T>(work: (account: StripeAccount) => Promise<T>, clock?: Clock): Promise<T> => {
    const account = await StripeAccount.start(dir, clock);
    try {
      return await work(account);
    } finally {
      await account.stop();
    }
  };
  const customersOf = (state: StripeState) => state.all('customer').map(({ id }) => id);

  it('is all there after a restart: open sessions, saved cards, events and keys', async () => {
    const [session, intent, customer] = await withAccount(async ({ stripe }) => {
      const owner = await stripe.customers.create({ email: 'ann@team.test' });
      await stripe.paymentMethods.attach('pm_card_visa', { customer: owner.id });
      return [
        await stripe.checkout.sessions.create(topUp({ customer: owner.id })),
        await stripe.paymentIntents.create({ amount: 700, currency: 'usd' }, { idempotencyKey: 'k' }),
        owner,
      ];
    });
    await withAccount(async (account) => {
      const { stripe, sandbox } = account;
      const replayed = await stripe.paymentIntents.create(
        { amount: 700, currency: 'usd' },
        { idempotencyKey: 'k' },
      );
      expect(replayed).toEqual(intent);
      const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
      const charged = await stripe.paymentIntents.create({
        amount: 900,
        currency: 'usd',
        customer: customer.id,
        payment_method: method?.id,
        off_session: true,
        confirm: true,
      });
      expect(charged.status).toBe('succeeded');
      await account.submit(`${sandbox.url}/c/pay/${session.id}`, { action: 'pay', card: '4242424242424242' });
      expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: 'paid' });
      const types = (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
      expect(types).toContain('customer.created');
    });
  });

  it('sends webhooks after a restart that were not taken before', async () => {
    await withAccount(async (account) => {
      account.status = 503;
      await account.stripe.customers.create({});
      await account.announced('customer.created');
    });
    await withAccount((account) => account.announced('customer.created'));
  });

  it('loses nothing that was answered when killed, and cuts off half a line', async () => {
    const killed = StripeState.open(dir, new SystemClock());
    killed.run((change) => addCustomer(change, {}));
    const known = customersOf(killed);
    await appendFile(journal(), '{"puts":[{"value":{"id":"cus_half');
    const reopened = StripeState.open(dir, new SystemClock());
    expect([customersOf(reopened), reopened.unreadable]).toEqual([known, 0]);
    expect(await readFile(journal(), 'utf8')).not.toContain('cus_half');
    killed.close();
    reopened.close();
  });

  it('survives an unreadable line, which is counted', async () => {
    const state = StripeState.open(dir, new SystemClock());
    state.run((change) => addCustomer(change, {}));
    await appendFile(journal(), 'not json\n');
    state.close();
    const reopened = StripeState.open(dir, new SystemClock());
    expect([customersOf(reopened).length, reopened.unreadable]).toEqual([1, 1]);
    reopened.close();
  });

  it('does nothing and remembers nothing when it cannot be written', async () => {
    await withAccount(async (account) => {
      account.sandbox.breakPayments();
      await expect(account.stripe.customers.create({}, { idempotencyKey: 'k' })).rejects.toMatchObject({
        statusCode: 500,
      });
      expect((await account.stripe.customers.list()).data).toEqual([]);
      expect(account.deliveries).toEqual([]);
    });
  });

  it('expires a session that nobody completed in time', async () => {
    const clock = new MovingClock();
    await withAccount(async (account) => {
      const { id } = await account.stripe.checkout.sessions.create(topUp());
      clock.time += 24 * 3_600_000 + 1_000;
      await account.announced('checkout.session.expired');
      await eventually(
        async () => (await account.stripe.checkout.sessions.retrieve(id)).status === 'expired',
      );
    }, clock);
  });

  it('can be forgotten, also on disk', async () => {
    await withAccount(async ({ stripe, sandbox }) => {
      await stripe.customers.create({});
      expect((await sandbox.request('DELETE', '/stripe/payments')).status).toBe(204);
      expect((await stripe.customers.list()).data).toEqual([]);
    });
    expect(await readFile(journal(), 'utf8')).toBe('');
  });
});
