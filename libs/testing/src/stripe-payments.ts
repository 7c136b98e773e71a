import { randomUUID } from 'node:crypto';

export type StripeObject = { id: string; [field: string]: unknown };
export type StripeAnswer = { status: number; body: unknown };
export type Fields = Record<string, unknown>;

/** Cards by what becomes of a charge. */
export const STRIPE_CARDS = {
  good: 'pm_card_visa',
  declined: 'pm_card_chargeDeclined',
  needsPayer: 'pm_card_authenticationRequired',
} as const;
const DECLINES: Readonly<Record<string, { code: string; decline_code?: string }>> = {
  [STRIPE_CARDS.declined]: { code: 'card_declined', decline_code: 'generic_decline' },
  [STRIPE_CARDS.needsPayer]: { code: 'authentication_required', decline_code: 'authentication_required' },
};

/** What Stripe knows of customers and payments, and what payers, banks and Stripe itself do with it when a test says so. */
export class StripePayments {
  protected readonly objects = new Map<string, StripeObject>();
  /** Saved cards that behave like another one from now on. */
  readonly behaviours = new Map<string, string>();
  /** Everything that happened, oldest first. */
  readonly events: StripeObject[] = [];

  protected constructor(readonly url: string) {}

  /** All payments that were really taken. */
  get paid(): StripeObject[] {
    return this.all('payment_intent').filter(({ status }) => status === 'succeeded');
  }

  /** Somebody pays on the page of a session. */
  pay(sessionId: string, card: string = STRIPE_CARDS.good): string {
    const session = this.get(sessionId);
    const intent = this.get((session['payment_intent'] as string | null) ?? this.intentOf(session).id);
    session['payment_intent'] = intent.id;
    this.confirm(intent, card);
    if (intent['status'] === 'succeeded') {
      Object.assign(session, { status: 'complete', payment_status: 'paid', url: null });
      this.happened('checkout.session.completed', session);
    }
    return intent.id;
  }

  /** The money of a slow method is under way; `arrive` ends it. */
  payLater(sessionId: string): string {
    const session = this.get(sessionId);
    const intent = this.intentOf(session);
    Object.assign(session, { status: 'complete', payment_intent: intent.id, url: null });
    intent['status'] = 'processing';
    this.happened('payment_intent.processing', intent);
    this.happened('checkout.session.completed', session);
    return intent.id;
  }

  arrive(paymentId: string): void {
    this.confirm(this.get(paymentId), STRIPE_CARDS.good);
  }

  expire(sessionId: string): void {
    Object.assign(this.get(sessionId), { status: 'expired', url: null });
    this.happened('checkout.session.expired', this.get(sessionId));
  }

  refund(paymentId: string, amount: number): string {
    const { currency } = this.get(paymentId);
    const refund = this.make('refund', 're', {
      payment_intent: paymentId,
      amount,
      currency,
      status: 'succeeded',
    });
    this.happened('refund.created', refund);
    return refund.id;
  }

  failRefund(id: string): void {
    this.get(id)['status'] = 'failed';
    this.happened('refund.failed', this.get(id));
  }

  dispute(paymentId: string, amount: number): string {
    const { currency } = this.get(paymentId);
    const facts = { payment_intent: paymentId, amount, currency, status: 'needs_response' };
    const dispute = this.make('dispute', 'dp', facts);
    this.happened('charge.dispute.created', dispute);
    this.happened('charge.dispute.funds_withdrawn', dispute);
    return dispute.id;
  }

  closeDispute(id: string, status: 'won' | 'lost'): void {
    this.get(id)['status'] = status;
    if (status === 'won') this.happened('charge.dispute.funds_reinstated', this.get(id));
    this.happened('charge.dispute.closed', this.get(id));
  }

  /** Changes an object behind everybody's back. */
  get(id: string): StripeObject {
    const object = this.objects.get(id);
    if (!object) throw new Error(`there is no ${id} at the wire`);
    return object;
  }

  protected create(resource: string, body: Fields): StripeAnswer {
    if (resource === 'customers') return { status: 200, body: this.make('customer', 'cus', body) };
    if (resource === 'refunds') {
      const refund = this.get(this.refund(String(body['payment_intent']), Number(body['amount'])));
      return { status: 200, body: Object.assign(refund, { metadata: body['metadata'] }) };
    }
    if (resource === 'checkout') return { status: 200, body: this.openSession(body) };
    const intent = this.make('payment_intent', 'pi', {
      ...body,
      amount: Number(body['amount']),
      amount_received: 0,
      last_payment_error: null,
    });
    this.confirm(intent, String(body['payment_method']));
    if (intent['status'] === 'succeeded') return { status: 200, body: intent };
    const { code, decline_code } = intent['last_payment_error'] as { code: string; decline_code: string };
    return {
      status: 402,
      body: { error: { type: 'card_error', code, decline_code, payment_intent: intent } },
    };
  }

  private openSession(body: Fields): StripeObject {
    const item = (
      body['line_items'] as Record<string, { price_data: { unit_amount: string; currency: string } }>
    )['0'];
    const session = this.make('checkout.session', 'cs', {
      customer: body['customer'],
      metadata: body['metadata'],
      amount_total: Number(item?.price_data.unit_amount),
      currency: item?.price_data.currency,
      intent: body['payment_intent_data'],
      status: 'open',
      payment_status: 'unpaid',
      payment_intent: null,
      expires_at: Math.floor(Date.now() / 1000) + 86_400,
    });
    session['url'] = `${this.url}/pay/${session.id}`;
    return session;
  }

  protected list(resource: string, query: Fields): object {
    const since = Number((query['created'] as Fields | undefined)?.['gte'] ?? 0);
    const source = resource === 'events' ? [...this.events] : this.all(resource.replace(/s$/, ''));
    const types = Object.values((query['types'] as Fields | undefined) ?? {});
    const matching = source
      .filter((each) =>
        ['customer', 'payment_intent'].every(
          (name) => query[name] === undefined || each[name] === query[name],
        ),
      )
      .filter(
        (each) => Number(each['created']) >= since && (types.length === 0 || types.includes(each['type'])),
      )
      .reverse();
    const start = matching.findIndex(({ id }) => id === query['starting_after']) + 1;
    const data = matching.slice(start, start + Number(query['limit'] ?? 10));
    return { object: 'list', url: `/v1/${resource}`, data, has_more: start + data.length < matching.length };
  }

  private happened(type: string, object: StripeObject): void {
    this.events.push({
      id: `evt_${randomUUID()}`,
      object: 'event',
      type,
      created: Math.floor(Date.now() / 1000),
      livemode: false,
      data: { object: structuredClone(object) },
    });
  }

  private make(object: string, prefix: string, fields: Fields): StripeObject {
    const made = {
      id: `${prefix}_${randomUUID()}`,
      object,
      created: Math.floor(Date.now() / 1000),
      ...fields,
    };
    this.objects.set(made.id, made);
    return made;
  }

  private all(object: string): StripeObject[] {
    return [...this.objects.values()].filter((each) => each['object'] === object);
  }

  private intentOf(session: StripeObject): StripeObject {
    const { amount_total: amount, currency, customer, intent } = session as unknown as Fields;
    return this.make('payment_intent', 'pi', {
      amount,
      currency,
      customer,
      amount_received: 0,
      status: 'requires_payment_method',
      last_payment_error: null,
      ...(intent as Fields),
    });
  }

  private confirm(intent: StripeObject, card: string): void {
    const decline = DECLINES[this.behaviours.get(card) ?? card];
    if (decline) {
      Object.assign(intent, {
        status: 'requires_payment_method',
        last_payment_error: { type: 'card_error', ...decline },
      });
      return this.happened('payment_intent.payment_failed', intent);
    }
    const saved = this.make('payment_method', 'pm', {
      type: 'card',
      card: { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030 },
    });
    Object.assign(intent, {
      status: 'succeeded',
      amount_received: intent['amount'],
      payment_method: intent['payment_method'] ?? saved.id,
      last_payment_error: null,
    });
    this.happened('payment_intent.succeeded', intent);
  }
}
