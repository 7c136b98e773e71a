import type { Ctx } from '@leadwire/kernel';

/**
 * The same caller without an Idempotency-Key. What is remembered under one includes a fast hash of the body, and a body with a
 * password or a code in it could be guessed from that.
 */
export function withoutMemory(ctx: Ctx): Ctx {
  return Object.freeze({ ...ctx, idempotencyKey: undefined });
}
