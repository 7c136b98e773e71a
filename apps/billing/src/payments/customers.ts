import { Inject, Injectable } from '@nestjs/common';
import { assert, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { PaymentProvider } from './payment-provider.js';

const GET = `SELECT provider_id AS id FROM billing_customers WHERE tenant_id = $1`;
const KEEP = `INSERT INTO billing_customers (tenant_id, provider_id) VALUES ($1, $2) ON CONFLICT (tenant_id) DO NOTHING`;

/** The tenant as the payment provider knows it; made when it first pays. */
@Injectable()
export class Customers {
  constructor(
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
  ) {}

  /** @throws AppError `payment.switched_off` | `payment.provider_unavailable` */
  async of(ctx: Ctx): Promise<string> {
    const [known] = await this.tenant.read<{ id: string }>(ctx, GET, [ctx.tenantId]);
    if (known) return known.id;
    // Two at once make one: they ask under one key.
    const made = await this.provider.createCustomer(ctx.tenantId);
    return this.tenant.run(withoutKey(ctx), async (db) => {
      await db.execute(KEEP, [db.tenantId, made]);
      const customer = await customerOf(db);
      assert(customer, 'a customer that was kept can be read');
      return customer;
    });
  }
}

/** Under which id the payment provider knows the team, if it does. */
export async function customerOf(db: TenantDb): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(GET, [db.tenantId]);
  return row?.id;
}

/** The caller without their Idempotency-Key, for a step before the one whose answer is remembered. */
export function withoutKey(ctx: Ctx): Ctx {
  const { idempotencyKey: _, ...rest } = ctx;
  return Object.freeze(rest);
}
