import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type StripeObject = { id: string; [field: string]: unknown };
type Answer = { status: number; body: unknown };
type Fields = Record<string, unknown>;

/** How the next request to a path goes wrong: before it has an effect, or after it, when only the answer is lost. */
export type StripeFault = { path: RegExp; times?: number } & (
  | { answer: 409 | 429 | 500; after?: boolean }
  | { answer: 'dropped'; after?: boolean }
  | { answer: 'slow'; ms: number }
);

export const STRIPE_KEY = 'sk_test_of_a_wire';
export const STRIPE_WEBHOOK_SECRET = 'whsec_of_a_wire';
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

/**
 * As much of Stripe's wire as paying needs, on loopback: what is paid here is what a script says a payer does. It answers the real
 * library over real HTTP, keeps answers under their idempotency keys as Stripe does, and fails on demand.
 */
export class StripeWire {
  private readonly objects = new Map<string, StripeObject>();
  private readonly answers = new Map<string, Answer & { asked: string }>();
  private readonly faults: StripeFault[] = [];
  /** Saved cards that behave like another one from now on. */
  readonly behaviours = new Map<string, string>();
  /** Everything that happened, oldest first. */
  readonly events: StripeObject[] = [];
  /** Requests that arrived, as `POST /v1/customers`. */
  readonly asked: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<StripeWire> {
    const server = createServer((request, response) => void wire.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const wire: StripeWire = new StripeWire(
      server,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return wire;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** What a service is told so that it pays here. */
  get env(): Record<string, string> {
    return {
      STRIPE_SECRET_KEY: STRIPE_KEY,
      STRIPE_API_URL: this.url,
      STRIPE_WEBHOOK_SECRETS: STRIPE_WEBHOOK_SECRET,
    };
  }

  fail(fault: StripeFault): void {
    this.faults.push(fault);
  }

  /** Nothing fails any more. */
  recover(): void {
    this.faults.length = 0;
  }

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

  /** An event as a webhook brings it: body and the header that signs it. */
  webhook(
    event: object,
    { at = new Date(), secret = STRIPE_WEBHOOK_SECRET }: { at?: Date; secret?: string } = {},
  ): { body: string; signature: string } {
    const text = JSON.stringify(event);
    const t = Math.floor(at.getTime() / 1000);
    const v1 = createHmac('sha256', secret).update(`${t}.${text}`).digest('hex');
    return { body: Buffer.from(text).toString('base64'), signature: `t=${t},v1=${v1}` };
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

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', this.url);
    this.asked.push(`${request.method} ${url.pathname}`);
    const fault = this.takeFault(`${request.method} ${url.pathname}`);
    const key = request.headers['idempotency-key'] as string | undefined;
    const known = key === undefined ? undefined : this.answers.get(key);
    const done = (): Answer =>
      request.headers.authorization === `Bearer ${STRIPE_KEY}`
        ? this.answer(request.method ?? 'GET', url, fields(new URLSearchParams(text)))
        : failure(401, 'invalid_request_error', 'wrong key');
    if (known)
      return send(
        response,
        known.asked === text ? known : failure(400, 'idempotency_error', 'other parameters'),
      );
    if (fault?.answer === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const spoilt = fault !== undefined && fault.answer !== 'slow';
    const real = spoilt && !fault.after ? undefined : done();
    // Stripe keeps what it answered under the key, a failure of its own too; not what it never began.
    const kept = spoilt && fault.answer === 500 ? failure(500, 'api_error', 'a failure of Stripe') : real;
    if (key !== undefined && kept) this.answers.set(key, { ...kept, asked: text });
    if (!spoilt) return send(response, real as Answer);
    if (fault.answer === 'dropped') return void request.socket.destroy();
    send(response, failure(fault.answer, 'api_error', 'asked for'));
  }

  private takeFault(request: string): StripeFault | undefined {
    const fault = this.faults.find(({ path }) => path.test(request));
    if (!fault) return undefined;
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
    return fault;
  }

  private answer(method: string, { pathname, searchParams }: URL, body: Fields): Answer {
    const [, , resource = '', ...rest] = pathname.split('/');
    const [id = '', verb] = resource === 'checkout' ? rest.slice(1) : rest;
    if (method === 'POST' && id === '') return this.create(resource, body);
    if (method === 'GET' && id === '')
      return { status: 200, body: this.list(resource, fields(searchParams)) };
    const object = this.objects.get(id);
    if (!object)
      return failure(404, 'invalid_request_error', `No such ${resource}: ${id}`, 'resource_missing');
    if (verb === 'expire') this.expire(id);
    if (method === 'DELETE' || verb === 'detach') this.objects.delete(id);
    return { status: 200, body: object };
  }

  private create(resource: string, body: Fields): Answer {
    if (resource === 'customers') return { status: 200, body: this.make('customer', 'cus', body) };
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

  private list(resource: string, query: Fields): object {
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
}

/** `a[b][c]=d` as the object that it means. */
function fields(params: URLSearchParams): Fields {
  const root: Fields = {};
  for (const [name, value] of params) {
    const path = name.split(/[[\]]+/).filter(Boolean);
    let at = root;
    for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Fields;
    at[path.at(-1) as string] = value;
  }
  return root;
}

function failure(status: number, type: string, message: string, code?: string): Answer {
  return { status, body: { error: { type, message, ...(code ? { code } : {}) } } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${randomUUID()}` });
  response.end(JSON.stringify(body));
}
