import Stripe from 'stripe';
import { RunningSandbox } from './running-sandbox.js';
import { sdkFor, topUp } from './stripe-account.js';

/** A secret key of Stripe's test mode: then the same is asked of Stripe itself. */
const KEY = process.env.STRIPE_CONTRACT_KEY;
const TIMEOUT_MS = 240_000;

const providers = ['the sandbox', ...(KEY?.startsWith('sk_test_') ? ['Stripe in test mode'] : [])];

describe.each(providers)('what Leadwire relies on, of %s', (provider) => {
  let sandbox: RunningSandbox | undefined;
  let stripe: Stripe;
  let customer: string;

  beforeAll(async () => {
    if (provider === 'the sandbox') sandbox = await RunningSandbox.start();
    stripe = sandbox
      ? sdkFor(sandbox.url)
      : new Stripe(KEY as string, { telemetry: false, maxNetworkRetries: 0 });
    customer = (await stripe.customers.create({ metadata: { purpose: 'contract' } })).id;
  }, TIMEOUT_MS);
  afterAll(async () => {
    await stripe.customers.del(customer);
    await sandbox?.stop();
  }, TIMEOUT_MS);

  const save = async (card: string) => (await stripe.paymentMethods.attach(card, { customer })).id;
  const order = (method: string): Stripe.PaymentIntentCreateParams => ({
    amount: 1500,
    currency: 'usd',
    customer,
    payment_method: method,
    off_session: true,
    confirm: true,
    error_on_requires_action: true,
    metadata: { purpose: 'contract' },
  });
  const key = () => ({ idempotencyKey: `contract:${crypto.randomUUID()}` });
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error as Stripe.errors.StripeError,
    );

  it(
    'opens a checkout with a page, that can be expired once',
    async () => {
      const session = await stripe.checkout.sessions.create(topUp({ customer }), key());
      expect(session).toMatchObject({
        object: 'checkout.session',
        status: 'open',
        payment_status: 'unpaid',
        amount_total: 2500,
        currency: 'usd',
        customer,
        payment_intent: null,
        livemode: false,
      });
      expect(session.url).toMatch(/^https?:/);
      expect((await stripe.checkout.sessions.expire(session.id)).status).toBe('expired');
      expect(await refusal(stripe.checkout.sessions.expire(session.id))).toMatchObject({ statusCode: 400 });
    },
    TIMEOUT_MS,
  );

  it(
    'charges a saved card without its holder, gives it back, and tells of it',
    async () => {
      const asked = key();
      const params = order(await save('pm_card_visa'));
      const intent = await stripe.paymentIntents.create(params, asked);
      expect(intent).toMatchObject({
        status: 'succeeded',
        amount_received: 1500,
        currency: 'usd',
        livemode: false,
      });
      const again = await stripe.paymentIntents.create(params, asked);
      expect([again.id, again.lastResponse.headers['idempotent-replayed']]).toEqual([intent.id, 'true']);
      const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 500 }, key());
      expect(refund).toMatchObject({ amount: 500, status: 'succeeded', payment_intent: intent.id });
      const tooMuch = await refusal(
        stripe.refunds.create({ payment_intent: intent.id, amount: 1001 }, key()),
      );
      expect(tooMuch).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400 });
      const events = await stripe.events.list({ types: ['payment_intent.succeeded'], limit: 100 });
      const about = events.data.map(({ data }) => (data.object as Stripe.PaymentIntent).id);
      expect(about).toContain(intent.id);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
    ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
  ])(
    'refuses %s with %s and keeps the intent',
    async (card, code, decline) => {
      const error = await refusal(stripe.paymentIntents.create(order(await save(card)), key()));
      expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: decline });
      const intent = await stripe.paymentIntents.retrieve(error?.payment_intent?.id ?? '');
      expect(intent).toMatchObject({ status: 'requires_payment_method', amount_received: 0 });
      expect(intent.last_payment_error?.code).toBe(code);
    },
    TIMEOUT_MS,
  );

  it(
    'refuses a key that stood for something else',
    async () => {
      const asked = key();
      await stripe.paymentIntents.create({ amount: 1500, currency: 'usd' }, asked);
      const error = await refusal(stripe.paymentIntents.create({ amount: 1600, currency: 'usd' }, asked));
      expect(error).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    },
    TIMEOUT_MS,
  );

  it.each<[string, object, () => Promise<unknown>]>([
    [
      'too little',
      { code: 'amount_too_small', param: 'amount' },
      () => stripe.paymentIntents.create({ amount: 1, currency: 'usd' }),
    ],
    [
      'nobody',
      { code: 'resource_missing', param: 'customer' },
      () => stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer: 'cus_nobody' }),
    ],
    [
      'nothing',
      { code: 'resource_missing', statusCode: 404 },
      () => stripe.paymentIntents.retrieve('pi_nothing'),
    ],
    [
      'what it does not know',
      { code: 'parameter_unknown', param: 'colour' },
      () => stripe.customers.create({ colour: 'red' } as Stripe.CustomerCreateParams),
    ],
  ])(
    'refuses %s in the same words',
    async (_, expected, ask) => {
      expect(await refusal(ask())).toMatchObject({ type: 'StripeInvalidRequestError', ...expected });
    },
    TIMEOUT_MS,
  );
});
