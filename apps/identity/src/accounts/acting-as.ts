import type { Ctx } from '@leadwire/kernel';

/**
 * The context of a person whom this request has just made known, in one of their teams. The answers of such requests carry
 * tokens, so they must not be remembered under an Idempotency-Key.
 */
export function actingAs(ctx: Ctx, { tenantId, userId }: { tenantId: string; userId: string }): Ctx {
  return Object.freeze({ ...ctx, tenantId, userId, actor: 'user' as const, idempotencyKey: undefined });
}
