import { Inject } from '@nestjs/common';
import {
  PAYMENT_METHODS_MAX,
  paymentErrors,
  paymentMethodsApi,
  type Nothing,
  type PaymentMethod,
  type PaymentMethodRef,
  type PaymentMethods,
  type PaymentMethodsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { GET_AUTO_TOP_UP, type AutoTopUpRow } from './auto-top-up.queries.js';
import { switchOff } from './auto-top-ups.js';
import {
  GET_METHOD,
  LIST_METHODS,
  MAKE_DEFAULT,
  NEXT_DEFAULT,
  NO_DEFAULT,
  REMOVE_METHOD,
  type PaymentMethodRow,
} from './payment-methods.queries.js';
import { PaymentProvider } from './payment-provider.js';

/** A team's saved cards; their numbers never come here. */
@Serves(paymentMethodsApi)
export class PaymentMethodsService implements PaymentMethodsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
  ) {}

  async list(ctx: Ctx, _: Nothing): Promise<PaymentMethods> {
    const params = [ctx.tenantId, PAYMENT_METHODS_MAX];
    const rows = await this.tenant.read<PaymentMethodRow>(ctx, LIST_METHODS, params);
    return { items: rows.map(toPaymentMethod) };
  }

  makeDefault(ctx: Ctx, { paymentMethodId }: PaymentMethodRef): Promise<PaymentMethod> {
    // One after the other: there is one default.
    return this.wallets.run(ctx, async (db) => {
      await db.execute(NO_DEFAULT, [db.tenantId]);
      const [row] = await db.query<PaymentMethodRow>(MAKE_DEFAULT, [db.tenantId, paymentMethodId]);
      if (!row) throw paymentErrors.method_not_found();
      return toPaymentMethod(row);
    });
  }

  async remove(ctx: Ctx, { paymentMethodId }: PaymentMethodRef): Promise<void> {
    const [row] = await this.tenant.read<PaymentMethodRow>(ctx, GET_METHOD, [ctx.tenantId, paymentMethodId]);
    if (!row) throw paymentErrors.method_not_found();
    await this.provider.detachMethod(row.providerId);
    await this.wallets.run(ctx, async (db) => {
      await db.execute(REMOVE_METHOD, [db.tenantId, paymentMethodId]);
      await db.execute(NEXT_DEFAULT, [db.tenantId]);
      await this.endWithoutCard(db);
    });
  }

  private async endWithoutCard(db: TenantDb): Promise<void> {
    const [settings] = await db.query<AutoTopUpRow>(GET_AUTO_TOP_UP, [db.tenantId]);
    if (settings?.enabled && settings.providerMethodId === null) await switchOff(db, 'payment_method_gone');
  }
}

function toPaymentMethod({ providerId: _, createdAt, ...row }: PaymentMethodRow): PaymentMethod {
  return { ...row, createdAt: createdAt.toISOString() };
}
