import type Stripe from 'stripe';
import { StripeAccount, topUp } from './stripe-account.js';

const AMOUNT = 5000;

describe('charging a saved card', () => {
  let account: StripeAccount;
  let customer: string;

  beforeAll(async () => {
    account = await StripeAccount.start();
  });
  afterAll(() => account.stop());
  beforeEach(async () => {
    await account.sandbox.request('DELETE', '/stripe/payments');
    account.deliveries.length = 0;
    customer = (await account.stripe.customers.create({ name: 'Ann' })).id;
  });

  const save = async (card: string) => (await account.stripe.paymentMethods.attach(card, { customer })).id;
  const charge = (method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    account.stripe.paymentIntents.create({
      amount: AMOUNT,
      currency: 'usd',
      customer,
      payment_method: method,
      off_session: true,
      confirm: true,
      metadata: { topUp: 'auto-1' },
      ...more,
    });
  const paid = async (card = 'pm_card_visa') => charge(await save(card));

  it('succeeds off session and announces who asked for it', async () => {
    const intent = await charge(await save('pm_card_visa'), {
      expand: ['latest_charge.balance_transaction'],
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: AMOUNT,
      latest_charge: { balance_transaction: { amount: AMOUNT, fee: 175, net: 4825 } },
    });
    await account.announced('payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded');
    const [event] = account.ofType('payment_intent.succeeded');
    expect(event?.request?.id).toBe(intent.lastResponse.requestId);
    expect(event?.request?.idempotency_key).toBeTruthy();
    expect(await account.stripe.balance.retrieve()).toMatchObject({
      pending: [{ amount: 4825, currency: 'usd' }],
      available: [],
    });
  });

  it.each([
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
    ['pm_card_threeDSecure2Required', 'authentication_required', 'authentication_required'],
    ['pm_card_authenticationRequiredOnSetup', 'authentication_required', 'authentication_required'],
  ])('%s is refused off session with %s (%s), and the intent remembers why', async (card, code, decline) => {
    const error = await charge(await save(card)).then(
      () => undefined,
      (thrown: unknown) => thrown as Stripe.errors.StripeCardError,
    );
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: decline });
    const intent = await account.stripe.paymentIntents.retrieve(error?.payment_intent?.id ?? '');
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      amount_received: 0,
      payment_method: null,
      last_payment_error: { code, decline_code: decline },
      metadata: { topUp: 'auto-1' },
    });
    await account.announced('payment_intent.payment_failed', 'charge.failed');
    expect(account.types).not.toContain('payment_intent.succeeded');
  });

  it('leads to a page when the customer is there to authenticate', async () => {
    const method = await save('pm_card_authenticationRequired');
    const asked = await charge(method, { off_session: undefined, return_url: 'https://app.test/back' });
    expect(asked).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
    await account.announced('payment_intent.requires_action');
    const page = asked.next_action?.redirect_to_url?.url ?? null;
    const back = await account.submit(page, { action: 'complete' });
    expect(back.headers.get('location')).toContain(`https://app.test/back?payment_intent=${asked.id}`);
    expect((await account.stripe.paymentIntents.retrieve(asked.id)).status).toBe('succeeded');
  });

  it('fails instead of asking when an action is an error', async () => {
    const method = await save('pm_card_authenticationRequired');
    await expect(
      charge(method, { off_session: undefined, error_on_requires_action: true }),
    ).rejects.toMatchObject({ type: 'StripeCardError', code: 'authentication_required' });
  });

  it('takes another card after a decline, on the same intent, and no money after it was cancelled', async () => {
    const error = (await paid('pm_card_chargeDeclined').catch((thrown: unknown) => thrown)) as {
      payment_intent: { id: string };
    };
    const { id } = error.payment_intent;
    const confirmed = await account.stripe.paymentIntents.confirm(id, {
      payment_method: await save('pm_card_visa'),
      off_session: true,
    });
    expect(confirmed.status).toBe('succeeded');
    await expect(account.stripe.paymentIntents.cancel(id)).rejects.toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
    });
    const open = await account.stripe.paymentIntents.create({ amount: AMOUNT, currency: 'usd', customer });
    const cancelled = await account.stripe.paymentIntents.cancel(open.id, {
      cancellation_reason: 'abandoned',
    });
    expect(cancelled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    await expect(
      account.stripe.paymentIntents.confirm(open.id, { payment_method: 'pm_card_visa' }),
    ).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
  });

  it("never charges another customer's card, nor one that was detached", async () => {
    const method = await save('pm_card_visa');
    const other = await account.stripe.customers.create({});
    await expect(charge(method, { customer: other.id })).rejects.toMatchObject({ param: 'payment_method' });
    await account.stripe.customers.update(customer, {
      invoice_settings: { default_payment_method: method },
    });
    expect(await account.stripe.paymentMethods.detach(method)).toMatchObject({ customer: null });
    expect((await account.stripe.customers.listPaymentMethods(customer)).data).toEqual([]);
    expect(await account.stripe.customers.retrieve(customer)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
    await account.announced('payment_method.attached', 'payment_method.detached');
    await expect(charge(method)).rejects.toMatchObject({ code: 'payment_method_unexpected_state' });
    expect(await account.stripe.customers.del(customer)).toMatchObject({ deleted: true });
    await expect(charge('pm_card_visa')).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'customer',
    });
  });

  it('gives money back in parts, never more than was paid', async () => {
    const { id } = await paid();
    const part = await account.stripe.refunds.create({ payment_intent: id, amount: 2000 });
    expect(part).toMatchObject({ status: 'succeeded', amount: 2000, payment_intent: id });
    await expect(account.stripe.refunds.create({ payment_intent: id, amount: 3001 })).rejects.toMatchObject({
      param: 'amount',
    });
    await account.stripe.refunds.create({ payment_intent: id, reason: 'requested_by_customer' });
    await expect(account.stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    const { data } = await account.stripe.refunds.list({ payment_intent: id });
    expect(data.map(({ amount }) => amount)).toEqual([3000, 2000]);
    await account.announced('refund.created', 'charge.refunded');
    const amounts = account
      .ofType('charge.refunded')
      .map(({ data: { object } }) => (object as Stripe.Charge).amount_refunded);
    expect(amounts.sort()).toEqual([2000, 5000]);
  });

  it.each(['by the card', 'by a control'])('takes back a refund that fails %s', async (how) => {
    const { id } = await paid(how === 'by the card' ? 'pm_card_refundFail' : 'pm_card_visa');
    const refund = await account.stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe('succeeded');
    if (how !== 'by the card') await account.sandbox.request('POST', `/stripe/refunds/${refund.id}/fail`);
    expect(await account.stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'failed' });
    await account.announced('refund.failed');
    const [charged] = (await account.stripe.charges.list({ payment_intent: id })).data;
    expect(charged).toMatchObject({ amount_refunded: 0, refunded: false });
  });

  it.each([
    ['won', 'charge.dispute.funds_reinstated', 0],
    ['lost', 'charge.dispute.closed', -AMOUNT],
  ])('a dispute takes the money at once, and one that is %s ends with it', async (status, last, net) => {
    const { id } = await paid();
    const opened = await account.sandbox.request('POST', '/stripe/disputes', { paymentIntent: id });
    const dispute = (await opened.json()) as Stripe.Dispute;
    expect(dispute).toMatchObject({ status: 'needs_response', amount: AMOUNT, payment_intent: id });
    await account.announced('charge.dispute.created', 'charge.dispute.funds_withdrawn');
    await expect(account.stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
      code: 'charge_disputed',
    });
    await account.sandbox.request('POST', `/stripe/disputes/${dispute.id}/close`, { status });
    await account.announced(last, 'charge.dispute.closed');
    const closed = await account.stripe.disputes.retrieve(dispute.id);
    expect(closed.status).toBe(status);
    expect(closed.balance_transactions.reduce((sum, { amount }) => sum + amount, 0)).toBe(net);
    const twice = await account.sandbox.request('POST', `/stripe/disputes/${dispute.id}/close`, { status });
    expect(twice.status).toBe(400);
  });

  it('disputes by its card, and decides by evidence', async () => {
    const { id } = await paid('pm_card_createDispute');
    const [dispute] = (await account.stripe.disputes.list({ payment_intent: id })).data;
    const won = await account.stripe.disputes.update(dispute?.id ?? '', {
      evidence: { uncategorized_text: 'winning_evidence' },
    });
    expect(won.status).toBe('won');
  });

  it('lists events by type and time, page by page, newest first', async () => {
    const before = Math.floor(Date.now() / 1000) - 1;
    const intents = [await paid(), await paid(), await paid()].map(({ id }) => id);
    const query = { type: 'payment_intent.succeeded', created: { gte: before }, limit: 2 };
    const first = await account.stripe.events.list(query);
    expect(first.has_more).toBe(true);
    const rest = await account.stripe.events.list({ ...query, starting_after: first.data[1]?.id });
    expect(rest.has_more).toBe(false);
    const listed = [...first.data, ...rest.data].map(({ data }) => (data.object as Stripe.PaymentIntent).id);
    expect(listed).toEqual(intents.reverse());
    const all: string[] = [];
    for await (const event of account.stripe.events.list({ ...query, limit: 1 })) all.push(event.id);
    expect(all).toHaveLength(3);
    expect((await account.stripe.events.list({ created: { lt: before } })).data).toEqual([]);
    const back = await account.stripe.events.list({ ...query, ending_before: rest.data[0]?.id });
    expect(back.data).toHaveLength(2);
    await expect(account.stripe.events.list({ limit: 101 })).rejects.toMatchObject({ param: 'limit' });
  });

  it('shows the payments of people and programs on one list', async () => {
    const { id } = await paid();
    await account.stripe.checkout.sessions.create(topUp());
    const { items } = await account.sandbox.get<{ items: object[] }>('/stripe/payments');
    expect(items).toMatchObject([{ id, amount: AMOUNT, status: 'succeeded', refunded: 0, disputed: false }]);
  });

  it.each<[string, (stripe: Stripe) => Promise<unknown>, object]>([
    [
      'an amount of zero',
      (s) => s.paymentIntents.create({ amount: 0, currency: 'usd' }),
      { param: 'amount' },
    ],
    [
      'a negative amount',
      (s) => s.paymentIntents.create({ amount: -5, currency: 'usd' }),
      { param: 'amount' },
    ],
    [
      'nine digits',
      (s) => s.paymentIntents.create({ amount: 1e8, currency: 'usd' }),
      { code: 'amount_too_large' },
    ],
    [
      'too little',
      (s) => s.paymentIntents.create({ amount: 49, currency: 'usd' }),
      { code: 'amount_too_small' },
    ],
    [
      'no such currency',
      (s) => s.paymentIntents.create({ amount: 500, currency: 'zzz' }),
      { param: 'currency' },
    ],
    [
      'a third decimal',
      (s) => s.paymentIntents.create({ amount: 5001, currency: 'kwd' }),
      { param: 'amount' },
    ],
    ['an intent that is not there', (s) => s.paymentIntents.retrieve('pi_none'), { statusCode: 404 }],
    ['a path that Stripe has and the sandbox not', (s) => s.payouts.list(), { statusCode: 404 }],
    [
      'off session without confirming',
      (s) => s.paymentIntents.create({ amount: 500, currency: 'usd', off_session: true }),
      { param: 'off_session' },
    ],
    [
      'a real card',
      (s) => s.paymentMethods.create({ type: 'card', card: { number: '4929000000006' } }),
      { code: 'incorrect_number' },
    ],
  ])('refuses %s', async (_, ask, expected) => {
    await expect(ask(account.stripe)).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      ...expected,
    });
  });

  it('knows its account, and wants its key', async () => {
    expect(await account.stripe.accounts.retrieveCurrent()).toMatchObject({ object: 'account' });
    const answer = await fetch(`${account.sandbox.url}/v1/account`, {
      headers: { authorization: 'Bearer sk_live_of_somebody' },
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
  });
});
