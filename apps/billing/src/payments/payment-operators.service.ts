import { Inject } from '@nestjs/common';
import {
  paymentErrors,
  paymentOperatorsApi,
  type ListTopUpsOf,
  type Page,
  type PaymentOperatorsApi,
  type RefundedTopUp,
  type RefundTopUp,
  type TopUp,
} from '@leadwire/contracts';
import { amount, requestErrors, systemCtx, type Amount, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { PaymentProvider } from './payment-provider.js';
import { PaymentSync } from './payment-sync.js';
import { isPayable } from './stripe-amounts.js';
import { toTopUp, type TopUpRow } from './top-ups.queries.js';
import { TopUpsStore } from './top-ups.store.js';

/** What operators do with payments of a team. */
@Serves(paymentOperatorsApi)
export class PaymentOperatorsService implements PaymentOperatorsApi {
  constructor(
    @Inject(TopUpsStore) private readonly store: TopUpsStore,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(PaymentSync) private readonly sync: PaymentSync,
  ) {}

  list(ctx: Ctx, { tenantId, ...which }: ListTopUpsOf): Promise<Page<TopUp>> {
    return this.store.list(within(ctx, tenantId), which);
  }

  async refund(ctx: Ctx, input: RefundTopUp): Promise<RefundedTopUp> {
    const { tenantId, topUpId, key, reason } = input;
    const paid = await this.paidTopUp(ctx, input);
    const { paymentId } = paid;
    const repeated = await this.provider.wasRefunded(paymentId, key);
    if (!repeated) {
      // What else went back since must not go back again.
      await this.sync.payment(paymentId);
      const value = refundable(await this.paidTopUp(ctx, input), input.amount);
      const { currency } = paid;
      await this.provider.refund({ tenantId, topUpId, paymentId, key, amount: value, currency, reason });
    }
    await this.sync.payment(paymentId);
    return { topUp: toTopUp(await this.paidTopUp(ctx, input)), repeated };
  }

  private async paidTopUp(ctx: Ctx, { tenantId, topUpId }: RefundTopUp): Promise<PaidTopUp> {
    const row = await this.store.require(within(ctx, tenantId), topUpId);
    const { paymentId } = row;
    if (paymentId === null || row.ledgerTransactionId === null) throw paymentErrors.top_up_unpaid();
    return { ...row, paymentId };
  }
}

type PaidTopUp = TopUpRow & { paymentId: string };

/** @throws AppError `payment.refund_exceeds` | `request.invalid` */
function refundable(
  { amount: paid, refunded, disputed, currency }: TopUpRow,
  wanted: string | undefined,
): Amount {
  const left = amount(paid).minus(refunded).minus(disputed);
  const value = wanted === undefined ? left : amount(wanted);
  if (wanted !== undefined && !(value.gt(0) && isPayable(value, currency))) {
    const detail = 'must be more than 0, with no more decimals than the currency has';
    throw requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
  }
  if (!left.gt(0) || value.gt(left))
    throw paymentErrors.refund_exceeds({ extras: { left: left.toFixed(6) } });
  return value;
}

const within = ({ requestId, traceparent, deadline }: Ctx, tenantId: string): Ctx =>
  systemCtx(tenantId, { requestId, traceparent, deadline });
