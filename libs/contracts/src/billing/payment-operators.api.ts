import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Nested, Text, Uuid } from '../define/fields.js';
import { pageOf, type Page } from '../define/page.js';
import { TenantRef } from '../identity/tenants.api.js';
import { ListTopUps, TopUp } from './payments.api.js';

export class ListTopUpsOf extends ListTopUps {
  @Uuid()
  tenantId!: string;
}

export class RefundTopUp extends TenantRef {
  @Uuid()
  topUpId!: string;

  @Text({ min: 1, max: 100, description: 'The same key sends money back once, for ever.' })
  key!: string;

  @DecimalText({ optional: true, description: 'More than 0; all that was not sent back yet unless told.' })
  amount?: string;

  @Text({ min: 1, max: 500, pattern: /\S/, description: 'Kept with the refund at the provider.' })
  reason!: string;
}

export class RefundedTopUp {
  @Nested(() => TopUp)
  topUp!: TopUp;

  @Bool({ description: 'Whether the key had sent money back before; nothing happened now.' })
  repeated!: boolean;
}

/** What only those may ask who run the platform; no route leads here. */
export interface PaymentOperatorsApi {
  /** Payments of a team, newest first. */
  list(ctx: Ctx, input: ListTopUpsOf): Promise<Page<TopUp>>;
  /**
   * Sends money of a payment back to its payer, and takes it out of the wallet.
   * @throws AppError `payment.top_up_not_found` | `payment.top_up_unpaid` | `payment.refund_exceeds` | `request.invalid` |
   *   `payment.switched_off` | `payment.provider_unavailable` | `payment.provider_refused`
   */
  refund(ctx: Ctx, input: RefundTopUp): Promise<RefundedTopUp>;
}
export const paymentOperatorsApi = defineApi<PaymentOperatorsApi>('billing.payment-operators', {
  list: { input: ListTopUpsOf, output: pageOf(TopUp), can: 'system', idempotent: true },
  refund: { input: RefundTopUp, output: RefundedTopUp, can: 'system' },
});
