import { createHash } from 'node:crypto';
import { requestErrors } from '@leadwire/kernel';
import type { FastifyRequest } from 'fastify';

/** 1–255 printable ASCII characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * What services remember an answer under: the caller's key, kept apart per user, then what was asked. Undefined where there
 * is no key or where repeating needs none.
 * @throws AppError `request.invalid` for a key that is empty, too long or not printable
 */
export function idempotencyKeyOf(request: FastifyRequest, userId: string): string | undefined {
  const given = request.headers['idempotency-key'];
  if (given === undefined || request.method !== 'POST') return undefined;
  if (typeof given !== 'string' || !KEY.test(given)) {
    const detail = 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces';
    throw requestErrors.invalid({ errors: [{ pointer: '', code: 'idempotency_key', detail }] });
  }
  // Hashed, because services keep keys in a column of bounded length.
  const key = createHash('sha256').update(`${userId}\n${given}`).digest('base64url');
  return `${key}\t${request.method} ${request.url} ${request.bodyHash ?? ''}`;
}
