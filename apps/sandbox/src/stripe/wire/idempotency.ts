import { createHash } from 'node:crypto';
import type { KeyedAnswer, StripeState } from '../state/stripe-state.js';
import { idempotencyError, invalidRequest } from './stripe-error.js';

const KEY_LENGTH_MAX = 255;

/** The `Idempotency-Key`s of Stripe: the first answer counts, also a failure; only a request that never began may try again. */
export class Idempotency {
  private readonly inFlight = new Set<string>();

  constructor(private readonly state: StripeState) {}

  /**
   * Claims a key for a request, or gives the answer that it already had.
   * @throws StripeError 409 while another request holds the key, 400 when it belongs to another request
   */
  begin(key: string, hash: string): KeyedAnswer | undefined {
    if (key.length > KEY_LENGTH_MAX)
      throw invalidRequest(`Idempotency keys have at most ${KEY_LENGTH_MAX} characters.`);
    const known = this.state.answerUnder(key);
    if (known && known.hash !== hash) {
      throw idempotencyError(
        400,
        'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
          `Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    if (known) return known;
    if (this.inFlight.has(key)) throw keyInUse(key);
    this.inFlight.add(key);
    return undefined;
  }

  end(key: string): void {
    this.inFlight.delete(key);
  }
}

export function keyInUse(key: string | null) {
  return idempotencyError(
    409,
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key ?? 'none'}`,
    'idempotency_key_in_use',
  );
}

/** What makes two requests the same: method, path and parameters in whatever order. */
export function hashOf(method: string, path: string, entries: [string, string][]): string {
  const sorted = [...entries].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([method, path, sorted]))
    .digest('hex');
}
