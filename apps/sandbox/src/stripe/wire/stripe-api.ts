import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import type { StripeApiBehaviour } from '../../misbehaviours/misbehaviour.js';
import { MisbehavioursService, type Verdict } from '../../misbehaviours/misbehaviours.service.js';
import type { SandboxConfig } from '../../sandbox.config.js';
import type { StripeChange } from '../state/stripe-change.js';
import { API_VERSION, randomText } from '../state/stripe-objects.js';
import { StripeState, type KeyedAnswer } from '../state/stripe-state.js';
import { expand } from './expand.js';
import { decodeForm } from './form.js';
import { hashOf, Idempotency, keyInUse } from './idempotency.js';
import { Params } from './params.js';
import { findRoute } from './routes.js';
import { invalidRequest, StripeError } from './stripe-error.js';

export type ApiRequest = {
  method: string;
  path: string;
  /** The parameters with their flat names: of the query for GET, of the body for POST. */
  entries: [string, string][];
  authorization: string | undefined;
  idempotencyKey: string | null;
  version: string | undefined;
  baseUrl: string;
};

export type Answer = { status: number; body: string; headers: Record<string, string> };

const VERSION = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/;
const INTERNAL = new StripeError(
  500,
  { type: 'api_error', message: 'An unknown error occurred' },
  false,
  true,
);
const INTERNAL_AFTER_EFFECT = new StripeError(INTERNAL.status, INTERNAL.body, true);
const TOO_MANY = new StripeError(429, {
  type: 'rate_limit_error',
  code: 'rate_limit',
  message: 'Request rate limit exceeded.',
});

type ApiVerdict = Verdict<StripeApiBehaviour> | undefined;

/** Answers requests as Stripe would, with what it was asked to do wrong. */
@Injectable()
export class StripeApi {
  private readonly idempotency: Idempotency;

  constructor(
    private readonly state: StripeState,
    private readonly misbehaviours: MisbehavioursService,
    @Inject(CONFIG) private readonly config: SandboxConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.idempotency = new Idempotency(state);
  }

  /** @returns `dropped` when the connection is to be closed without an answer */
  async answer(request: ApiRequest): Promise<Answer | 'dropped'> {
    const id = `req_${randomText()}`;
    try {
      this.authenticate(request);
      const verdict = this.misbehaviours.forStripeApi(request.method, request.path);
      if (verdict?.behaviour === 'drop-before-effect') return 'dropped';
      refuse(verdict, request);
      const answer = await this.once(id, request, verdict);
      return verdict?.behaviour === 'drop-after-effect' ? 'dropped' : answer;
    } catch (error) {
      const known = error instanceof StripeError ? error : this.unexpected(error);
      return this.answerOf(id, request, { status: known.status, body: bodyOf(known) });
    }
  }

  /** Executes a request, or gives the answer that its key already had. */
  private async once(id: string, request: ApiRequest, verdict: ApiVerdict): Promise<Answer> {
    const { method, path, entries, idempotencyKey: key } = request;
    const delayMs = verdict?.behaviour === 'slow' ? verdict.delayMs : 0;
    if (method !== 'POST' || key === null) {
      await delay(delayMs);
      return this.execute(id, request, verdict);
    }
    const hash = hashOf(method, path, entries);
    const known = this.idempotency.begin(key, hash);
    if (known) {
      await delay(delayMs);
      return this.answerOf(id, request, known, {
        'idempotent-replayed': 'true',
        'original-request': known.requestId,
      });
    }
    try {
      await delay(delayMs);
      return this.execute(id, request, verdict, hash);
    } finally {
      this.idempotency.end(key);
    }
  }

  /** Runs the operation, and keeps what it did together with the answer that its key stands for. */
  private execute(id: string, request: ApiRequest, verdict: ApiVerdict, hash?: string): Answer {
    const change = this.state.change({ id, idempotencyKey: request.idempotencyKey });
    let answer: { status: number; body: string };
    try {
      if (verdict?.behaviour === 'error-500') throw INTERNAL;
      answer = { status: 200, body: JSON.stringify(this.operate(request, change)) };
      if (verdict?.behaviour === 'error-500-after-effect') throw INTERNAL_AFTER_EFFECT;
      this.keep(id, request, hash, answer, change);
    } catch (error) {
      if (!(error instanceof StripeError) || !error.stored) throw error;
      answer = { status: error.status, body: bodyOf(error) };
      this.keep(id, request, hash, answer, error.keepsEffects ? change : this.state.change());
    }
    return this.answerOf(id, request, answer);
  }

  private operate({ method, path, entries, baseUrl }: ApiRequest, change: StripeChange): object {
    const { route, ids } = findRoute(method, path);
    const params = new Params(decodeForm(entries));
    const paths = params.expands;
    return expand(route.run({ change, params, ids, baseUrl }), paths, change);
  }

  private keep(
    requestId: string,
    { method, idempotencyKey }: ApiRequest,
    hash: string | undefined,
    answer: { status: number; body: string },
    change: StripeChange,
  ): void {
    if (method === 'GET') return;
    const at = this.state.clock.now().getTime();
    const keyed: [string, KeyedAnswer] | undefined =
      hash !== undefined && idempotencyKey !== null
        ? [idempotencyKey, { hash, requestId, at, ...answer }]
        : undefined;
    this.state.commit(change, keyed);
  }

  private authenticate({ authorization = '', version }: ApiRequest): void {
    const [scheme = '', credentials = ''] = authorization.split(' ');
    const key =
      scheme.toLowerCase() === 'basic'
        ? Buffer.from(credentials, 'base64').toString().split(':')[0]
        : credentials;
    if (!key) {
      throw invalidRequest(
        'You did not provide an API key, as `Authorization: Bearer YOUR_SECRET_KEY`.',
        {},
        401,
      );
    }
    const wanted = this.config.STRIPE_SECRET_KEY;
    const isKnown = wanted === '' ? key.startsWith('sk_test_') : key === wanted;
    if (!isKnown) throw invalidRequest(`Invalid API Key provided: ${key.slice(0, 8)}****`, {}, 401);
    if (version !== undefined && !VERSION.test(version)) {
      throw invalidRequest(`Invalid Stripe API version: ${version}`);
    }
  }

  private answerOf(
    id: string,
    { idempotencyKey, version }: ApiRequest,
    { status, body }: { status: number; body: string },
    more: Record<string, string> = {},
  ): Answer {
    return {
      status,
      body,
      headers: {
        'request-id': id,
        'stripe-version': version ?? API_VERSION,
        ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
        ...more,
      },
    };
  }

  private unexpected(error: unknown): StripeError {
    this.logger.error({ err: error }, 'a request to the payment provider failed');
    return INTERNAL;
  }
}

/** @throws what never reached the request's work, and so is not remembered */
function refuse(verdict: ApiVerdict, { idempotencyKey }: ApiRequest): void {
  if (verdict?.behaviour === 'error-429') throw TOO_MANY;
  if (verdict?.behaviour === 'conflict-409') throw keyInUse(idempotencyKey);
}

function bodyOf({ body }: StripeError): string {
  return JSON.stringify({ error: body });
}
