import { systemCtx, type Ctx } from '@leadwire/kernel';

/** An operator's request as one inside the tenant that it names. */
export function asTenant({ requestId, traceparent, deadline }: Ctx, tenantId: string): Ctx {
  return systemCtx(tenantId, { requestId, traceparent, deadline });
}
