import { createHash } from 'node:crypto';
import { defineErrors, type Ctx } from '@leadwire/kernel';
import { RememberedAnswer } from '@leadwire/messaging';
import type { SqlConnection } from './pipeline.js';

export const idempotencyErrors = defineErrors('idempotency', {
  key_reused: { kind: 'unprocessable', text: 'This Idempotency-Key was used before with another request.' },
  in_flight: {
    kind: 'conflict',
    text: 'The first request with this Idempotency-Key is still being worked on.',
  },
});

// Two connections must not both find the key absent: the lock is taken before the look, and says "in flight" when it is held.
const TRY_LOCK = `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked`;
const LOOK_UP = `SELECT request_hash AS hash, response FROM idempotency_keys WHERE tenant_id = $1 AND key = $2`;
const REMEMBER = `INSERT INTO idempotency_keys (tenant_id, key, request_hash, response) VALUES ($1, $2, $3, $4)`;

export type IdempotentRequest = { key: string; hash: Buffer };

/** The key of the caller's request and the hash of what it asked, or undefined when it carries none. */
export function idempotentRequest(ctx: Ctx): IdempotentRequest | undefined {
  if (!ctx.idempotencyKey) return undefined;
  const [key = '', fingerprint = ''] = splitKey(ctx.idempotencyKey);
  return { key, hash: createHash('sha256').update(fingerprint).digest() };
}

// The gateway sends `<key>\t<fingerprint of route and body>`: services see one request where clients may see several routes.
function splitKey(text: string): [string, string] {
  const at = text.indexOf('\t');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Looks the request up inside its own transaction.
 * @throws RememberedAnswer | AppError `idempotency.key_reused` | `idempotency.in_flight`
 */
export async function refuseRepeat(
  connection: SqlConnection,
  tenantId: string,
  request: IdempotentRequest,
): Promise<void> {
  const [lock, known] = await Promise.all([
    connection.query<{ locked: boolean }>(TRY_LOCK, [`${tenantId}|${request.key}`]),
    connection.query<{ hash: Buffer; response: string | null }>(LOOK_UP, [tenantId, request.key]),
  ]);
  const row = known.rows[0];
  if (row) {
    if (!row.hash.equals(request.hash)) throw idempotencyErrors.key_reused();
    throw new RememberedAnswer(row.response === null ? undefined : JSON.parse(row.response));
  }
  if (!lock.rows[0]?.locked) throw idempotencyErrors.in_flight({ retryAfterSeconds: 1 });
}

/** Keeps what was answered to a request, in the transaction that did it, for whoever sends it again. */
export function remember(
  connection: SqlConnection,
  tenantId: string,
  { key, hash }: IdempotentRequest,
  answer: unknown,
) {
  return connection.query(REMEMBER, [
    tenantId,
    key,
    hash,
    answer === undefined ? null : JSON.stringify(answer),
  ]);
}
