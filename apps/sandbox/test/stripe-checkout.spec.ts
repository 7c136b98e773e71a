import { StripeAccount, topUp } from './stripe-account.js';

describe('paying on the page of Stripe', () => {
  let account: StripeAccount;

  beforeAll(async () => {
    account = await StripeAccount.start();
  });
  afterAll(() => account.stop());
  beforeEach(async () => {
    await account.sandbox.request('DELETE', '/stripe/payments');
    account.deliveries.length = 0;
  });

  const open = (more = {}) => account.stripe.checkout.sessions.create(topUp(more));
  const again = (id: string, more = {}) => account.stripe.checkout.sessions.retrieve(id, more);
  const pay = (url: string | null, card: string) => account.submit(url, { action: 'pay', card });

  it('completes the session, sends the customer on and announces it with good signatures', async () => {
    const session = await open();
    expect(session).toMatchObject({
      status: 'open',
      payment_status: 'unpaid',
      amount_total: 2500,
      currency: 'usd',
      payment_intent: null,
      client_reference_id: 'topup-1',
      livemode: false,
    });
    const shown = await (await fetch(session.url ?? '')).text();
    expect(shown).toContain('Pay $25.00');

    const response = await pay(session.url, '4242 4242 4242 4242');
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`https://app.test/paid?session=${session.id}`);

    const paid = await again(session.id, { expand: ['payment_intent.latest_charge', 'line_items'] });
    expect(paid).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      line_items: { data: [{ description: 'Credit', amount_total: 2500 }] },
      payment_intent: {
        status: 'succeeded',
        amount_received: 2500,
        metadata: { topUp: 'topup-1' },
        latest_charge: { paid: true, payment_method_details: { card: { last4: '4242' } } },
      },
    });
    await account.announced('checkout.session.completed', 'payment_intent.succeeded', 'charge.succeeded');
    expect(account.deliveries.filter(({ error }) => error !== undefined)).toEqual([]);
    const [completed] = account.ofType('checkout.session.completed');
    expect(completed).toMatchObject({
      livemode: false,
      data: { object: { id: session.id, payment_status: 'paid', metadata: { topUp: 'topup-1' } } },
    });
  });

  it('shows what others wrote as text, under a policy that runs nothing', async () => {
    const session = await open({
      line_items: [line({ product_data: { name: '<script>steal()</script>' } })],
      customer_email: '"><script>steal()</script>',
    });
    const page = await fetch(session.url ?? '');
    expect(await page.text()).not.toContain('<script');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('saves the card for a customer, who can then be charged without being there', async () => {
    const customer = await account.stripe.customers.create({ email: 'ann@team.test' });
    const session = await open({ customer: customer.id });
    await pay(session.url, '4242424242424242');
    const { data } = await account.stripe.customers.listPaymentMethods(customer.id);
    expect(data).toMatchObject([{ type: 'card', customer: customer.id, card: { last4: '4242' } }]);
    const charged = await account.stripe.paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      customer: customer.id,
      payment_method: data[0]?.id,
      off_session: true,
      confirm: true,
    });
    expect(charged.status).toBe('succeeded');
  });

  it('makes a customer when a guest saves a card', async () => {
    const session = await open();
    await account.submit(session.url, { action: 'pay', card: '4242424242424242', email: 'guest@x.test' });
    const { customer, customer_details: details } = await again(session.id);
    expect(details?.email).toBe('guest@x.test');
    expect(await account.stripe.customers.retrieve(customer as string)).toMatchObject({
      email: 'guest@x.test',
    });
  });

  it('shows a declined card to the customer, who then pays with another', async () => {
    const session = await open();
    const declined = await pay(session.url, '4000000000009995');
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain('insufficient funds');
    expect((await again(session.id)).status).toBe('open');
    expect((await pay(session.url, '4242424242424242')).status).toBe(303);
    await account.announced('payment_intent.payment_failed', 'charge.succeeded');
    const intents = await account.stripe.paymentIntents.list();
    expect(intents.data).toHaveLength(1);
  });

  it('asks for 3D Secure, and pays only when it is completed', async () => {
    const session = await open();
    const asked = await pay(session.url, '4000000000003220');
    const bank = asked.headers.get('location');
    expect(bank).toContain('/c/authenticate/pi_');
    expect((await account.submit(bank, { action: 'fail' })).status).toBe(402);
    const declined = await again(session.id);
    expect(declined.status).toBe('open');
    const intent = declined.payment_intent as string;
    await expect(account.stripe.paymentIntents.cancel(intent)).rejects.toMatchObject({ statusCode: 400 });
    const second = await pay(session.url, '4000002500003155');
    const done = await account.submit(second.headers.get('location'), { action: 'complete' });
    expect(done.headers.get('location')).toBe(`https://app.test/paid?session=${session.id}`);
    expect((await again(session.id)).payment_status).toBe('paid');
  });

  it.each([
    ['succeeds', 'paid', 'checkout.session.async_payment_succeeded', 'payment_intent.succeeded'],
    ['fails', 'unpaid', 'checkout.session.async_payment_failed', 'payment_intent.payment_failed'],
  ])('a bank debit that %s later is %s', async (outcome, status, sessionEvent, intentEvent) => {
    const session = await open();
    expect((await pay(session.url, 'bank')).status).toBe(303);
    const waiting = await again(session.id, { expand: ['payment_intent'] });
    expect(waiting).toMatchObject({
      status: 'complete',
      payment_status: 'unpaid',
      payment_intent: { status: 'processing' },
    });
    const { id } = waiting.payment_intent as { id: string };
    await account.sandbox.request('POST', `/stripe/payment-intents/${id}/settle`, { outcome });
    expect((await again(session.id)).payment_status).toBe(status);
    await account.announced(sessionEvent, intentEvent);
  });

  it('can be left, and stays open until it is expired', async () => {
    const session = await open();
    const left = await account.submit(session.url, { action: 'cancel' });
    expect(left.headers.get('location')).toBe('https://app.test/left');
    expect((await again(session.id)).status).toBe('open');
    expect(await account.stripe.checkout.sessions.expire(session.id)).toMatchObject({
      status: 'expired',
      url: null,
    });
    expect((await pay(session.url, '4242424242424242')).status).toBe(400);
    await account.announced('checkout.session.expired');
    await expect(account.stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  it('saves a card without charging it in setup mode', async () => {
    const customer = await account.stripe.customers.create({});
    const session = await account.stripe.checkout.sessions.create({
      mode: 'setup',
      currency: 'usd',
      customer: customer.id,
      success_url: 'https://app.test/saved',
    });
    const asked = await pay(session.url, '4000002500003155');
    await account.submit(asked.headers.get('location'), { action: 'complete' });
    const done = await again(session.id, { expand: ['setup_intent'] });
    expect(done).toMatchObject({ status: 'complete', setup_intent: { status: 'succeeded' } });
    const { data } = await account.stripe.customers.listPaymentMethods(customer.id);
    const charged = await account.stripe.paymentIntents.create({
      amount: 700,
      currency: 'usd',
      customer: customer.id,
      payment_method: data[0]?.id,
      off_session: true,
      confirm: true,
    });
    expect(charged.status).toBe('succeeded');
  });

  it.each([
    ['no lines', { line_items: [] }, 'line_items'],
    [
      'an unknown currency',
      { line_items: [line({ currency: 'xxy' })] },
      'line_items[0][price_data][currency]',
    ],
    ['too little money', { line_items: [line({ unit_amount: 10 })] }, 'line_items'],
    ['half a cent', { line_items: [line({ unit_amount: 10.5 })] }, 'line_items[0][price_data][unit_amount]'],
    ['a customer that is not there', { customer: 'cus_nobody' }, 'customer'],
    ['an expiry in a minute', { expires_at: Math.floor(Date.now() / 1000) + 60 }, 'expires_at'],
    ['a URL that is none', { success_url: 'nowhere' }, 'success_url'],
    ['a parameter that Stripe does not know', { colour: 'red' }, 'colour'],
  ])('refuses a session with %s and says where', async (_, more, param) => {
    await expect(open(more)).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 400,
      param,
    });
  });

  function line(price: object) {
    const price_data = { currency: 'usd', unit_amount: 2500, product_data: { name: 'Credit' }, ...price };
    return { quantity: 1, price_data };
  }
});
