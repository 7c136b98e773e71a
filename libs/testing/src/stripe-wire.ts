import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StripePayments, type Fields, type StripeAnswer } from './stripe-payments.js';

/** How the next request to a path goes wrong: before it has an effect, or after it, when only the answer is lost. */
export type StripeFault = { path: RegExp; times?: number } & (
  | { answer: 409 | 429 | 500; after?: boolean }
  | { answer: 'dropped'; after?: boolean }
  | { answer: 'slow'; ms: number }
);

export const STRIPE_KEY = 'sk_test_of_a_wire';
export const STRIPE_WEBHOOK_SECRET = 'whsec_of_a_wire';

/**
 * As much of Stripe's wire as paying needs, on loopback: what is paid here is what a script says a payer does. It answers the real
 * library over real HTTP, keeps answers under their idempotency keys as Stripe does, and fails on demand.
 */
export class StripeWire extends StripePayments {
  private readonly answers = new Map<string, StripeAnswer & { asked: string }>();
  private readonly faults: StripeFault[] = [];
  /** Requests that arrived, as `POST /v1/customers`. */
  readonly asked: string[] = [];

  private constructor(
    private readonly server: Server,
    url: string,
  ) {
    super(url);
  }

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

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', this.url);
    this.asked.push(`${request.method} ${url.pathname}`);
    const fault = this.takeFault(`${request.method} ${url.pathname}`);
    const key = request.headers['idempotency-key'] as string | undefined;
    const known = key === undefined ? undefined : this.answers.get(key);
    const done = (): StripeAnswer =>
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
    if (!spoilt) return send(response, real as StripeAnswer);
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

  private answer(method: string, { pathname, searchParams }: URL, body: Fields): StripeAnswer {
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

function failure(status: number, type: string, message: string, code?: string): StripeAnswer {
  return { status, body: { error: { type, message, ...(code ? { code } : {}) } } };
}

function send(response: ServerResponse, { status, body }: StripeAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${randomUUID()}` });
  response.end(JSON.stringify(body));
}
