import { createHmac } from 'node:crypto';
import { walletsApi } from '@leadwire/contracts';
import { anonymousCtx, newId } from '@leadwire/kernel';
import { caller, STRIPE_WEBHOOK_SECRET } from '@leadwire/testing';
import { PaymentBench } from './payments.js';

const NEXT_SECRET = 'whsec_the_next_one';

describe('a webhook of the payment provider', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start({ STRIPE_WEBHOOK_SECRETS: `${STRIPE_WEBHOOK_SECRET}, ${NEXT_SECRET}` });
  });
  afterAll(() => bench.stop());

  const event = (over: object = {}) => ({
    id: `evt_${newId()}`,
    object: 'event',
    type: 'payment_intent.succeeded',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object: { id: 'pi_of_nobody' } },
    ...over,
  });
  const receive = (webhook: { body: string; signature: string }) =>
    bench.webhooks.receive(anonymousCtx(), webhook);
  const kept = async ({ id }: { id: string }) =>
    (await bench.service.database.query('SELECT FROM billing.billing_payment_events WHERE id = $1', [id]))
      .length;
  const secondsFromNow = (seconds: number) => new Date(Date.now() + seconds * 1_000);

  it('is kept once, however often it comes', async () => {
    const given = event();
    await Promise.all(Array.from({ length: 5 }, () => receive(bench.stripe.webhook(given))));
    expect(await kept(given)).toBe(1);
  });

  it('is taken under the old and the new secret while they change', async () => {
    const given = event();
    await receive(bench.stripe.webhook(given, { secret: NEXT_SECRET }));
    expect(await kept(given)).toBe(1);
    const both = bench.stripe.webhook(event());
    const [, valid] = both.signature.split(',');
    await receive({ ...both, signature: `${both.signature.split(',')[0]},v1=${'0'.repeat(64)},${valid}` });
  });

  it.each([
    ['signed with another secret', (e: object) => bench.stripe.webhook(e, { secret: 'whsec_other' })],
    [
      'changed on the way',
      (e: object) => ({ ...bench.stripe.webhook(e), body: bench.stripe.webhook(event()).body }),
    ],
    ['without a signature', (e: object) => ({ ...bench.stripe.webhook(e), signature: '' })],
    [
      'with a signature of another kind',
      (e: object) => ({ ...bench.stripe.webhook(e), signature: 't=1,v0=ab' }),
    ],
    [
      'with nonsense for a signature',
      (e: object) => ({ ...bench.stripe.webhook(e), signature: ',,=,t=,v1=' }),
    ],
  ])('is refused %s', async (_, spoilt) => {
    const given = event();
    await expect(receive(spoilt(given))).rejects.toMatchObject({ code: 'payment.signature_invalid' });
    expect(await kept(given)).toBe(0);
  });

  it.each([-310, -86_400, 310, 86_400])('is refused %d seconds from now', async (seconds) => {
    const given = event();
    await expect(receive(bench.stripe.webhook(given, { at: secondsFromNow(seconds) }))).rejects.toMatchObject(
      {
        code: 'payment.signature_stale',
      },
    );
    expect(await kept(given)).toBe(0);
  });

  it.each([-250, 250])('is taken %d seconds from now', async (seconds) => {
    const given = event();
    await receive(bench.stripe.webhook(given, { at: secondsFromNow(seconds) }));
    expect(await kept(given)).toBe(1);
  });

  it.each([
    ['of the other mode', { livemode: true }, 'payment.other_mode'],
    ['of another account', { account: 'acct_somebody' }, 'payment.other_account'],
    ['without an object', { data: {} }, 'payment.event_unreadable'],
    ['of another kind', { object: 'v2.core.event' }, 'payment.event_unreadable'],
  ])('is refused %s', async (_, over, code) => {
    const given = event(over);
    await expect(receive(bench.stripe.webhook(given))).rejects.toMatchObject({ code });
    expect(await kept(given)).toBe(0);
  });

  it('is refused when it is no JSON, although it is signed', async () => {
    const t = Math.floor(Date.now() / 1000);
    const v1 = createHmac('sha256', STRIPE_WEBHOOK_SECRET).update(`${t}.{`).digest('hex');
    const body = Buffer.from('{').toString('base64');
    await expect(receive({ body, signature: `t=${t},v1=${v1}` })).rejects.toMatchObject({
      code: 'payment.event_unreadable',
    });
  });
});

describe('a webhook where money is real', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start({ STRIPE_LIVEMODE: 'true' });
  });
  afterAll(() => bench.stop());

  const receive = async (livemode: boolean) => {
    const id = `evt_${newId()}`;
    const event = {
      id,
      object: 'event',
      type: 'payment_intent.succeeded',
      created: Math.floor(Date.now() / 1000),
      livemode,
      data: { object: { id: 'pi_of_nobody' } },
    };
    const refused = await bench.bring(event).then(
      () => null,
      ({ code }: { code: string }) => code,
    );
    const rows = 'SELECT FROM billing.billing_payment_events WHERE id = $1';
    return { refused, kept: (await bench.service.database.query(rows, [id])).length };
  };

  it('is refused when it is of the test mode: play money buys nothing', async () => {
    expect(await receive(false)).toEqual({ refused: 'payment.other_mode', kept: 0 });
  });

  it('is taken when it is of the live mode', async () => {
    expect(await receive(true)).toEqual({ refused: null, kept: 1 });
  });
});

describe('without a payment provider, and where owners add no money by hand', () => {
  let bench: PaymentBench;

  beforeAll(async () => {
    bench = await PaymentBench.start({ STRIPE_SECRET_KEY: '', MANUAL_TOP_UPS: 'false' });
  });
  afterAll(() => bench.stop());

  it('adds no money that nobody paid', async () => {
    const wallets = bench.service.client(walletsApi);
    const ctx = caller();
    const { balance } = await wallets.get(ctx, {});
    await expect(wallets.topUp(ctx, { amount: '5' })).rejects.toMatchObject({ code: 'wallet.manual_off' });
    expect(await wallets.get(ctx, {})).toMatchObject({ balance });
  });

  it('says that paying by card is not set up', async () => {
    const ctx = caller();
    const switchedOff = { code: 'payment.switched_off' };
    await expect(bench.topUps.create(ctx, { amount: '5' })).rejects.toMatchObject(switchedOff);
    await expect(
      bench.auto.set(ctx, {
        enabled: true,
        threshold: '1',
        amount: '5',
        monthlyCap: '50',
        paymentMethodId: null,
      }),
    ).rejects.toMatchObject(switchedOff);
    await expect(
      bench.webhooks.receive(anonymousCtx(), bench.stripe.webhook({ id: 'evt_1', object: 'event' })),
    ).rejects.toMatchObject(switchedOff);
    expect(bench.stripe.asked).toEqual([]);
  });
});
