import { Inject } from '@nestjs/common';
import {
  paymentErrors,
  topUpsApi,
  walletErrors,
  type CreateTopUp,
  type ListTopUps,
  type Page,
  type TopUp,
  type TopUpRef,
  type TopUpsApi,
} from '@leadwire/contracts';
import { AppError, amount, assert, Clock, moneyText, newId, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { cardAmount } from './card-amount.js';
import { Customers, withoutKey } from './customers.js';
import { PaymentProvider, type Checkout } from './payment-provider.js';
import { PaymentSync } from './payment-sync.js';
import { isKeptFailure } from './stripe-failures.js';
import {
  GET_TOP_UP,
  INSERT_TOP_UP,
  KEEP_CHECKOUT,
  LOCK_TOP_UP,
  NOT_OPENED,
  TOP_UP_OF_REQUEST,
  toTopUp,
  type TopUpRow,
} from './top-ups.queries.js';
import { TopUpsStore } from './top-ups.store.js';

/** Money that a team pays in by card, on the payment provider's own page. */
@Serves(topUpsApi)
export class TopUpsService implements TopUpsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(TopUpsStore) private readonly store: TopUpsStore,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(PaymentSync) private readonly sync: PaymentSync,
    @Inject(Customers) private readonly customers: Customers,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async create(ctx: Ctx, input: CreateTopUp): Promise<TopUp> {
    if (!this.provider.enabled) throw paymentErrors.switched_off();
    const topUp = await this.note(ctx, input);
    const checkout = topUp.sessionId === null ? await this.open(ctx, topUp) : undefined;
    return this.tenant.run(ctx, async (db) => {
      const kept = checkout && [db.tenantId, topUp.id, checkout.id, checkout.url, checkout.expiresAt];
      const [row] = kept
        ? await db.query<TopUpRow>(KEEP_CHECKOUT, kept)
        : await db.query<TopUpRow>(GET_TOP_UP, [db.tenantId, topUp.id]);
      assert(row, 'a top-up that was noted can be read');
      return toTopUp(row);
    });
  }

  list(ctx: Ctx, input: ListTopUps): Promise<Page<TopUp>> {
    return this.store.list(ctx, input);
  }

  async get(ctx: Ctx, { topUpId }: TopUpRef): Promise<TopUp> {
    return toTopUp(await this.store.require(ctx, topUpId));
  }

  async cancel(ctx: Ctx, { topUpId }: TopUpRef): Promise<TopUp> {
    const topUp = await this.store.require(ctx, topUpId);
    if (topUp.status === 'canceled') return toTopUp(topUp);
    if (topUp.origin !== 'checkout' || topUp.status !== 'created') throw paymentErrors.top_up_settled();
    if (topUp.sessionId !== null) await this.close(topUp.sessionId);
    return this.tenant.run(ctx, async (db) => {
      const [locked] = await db.query<TopUpRow>(LOCK_TOP_UP, [db.tenantId, topUpId]);
      if (locked?.status === 'created') await this.sync.fail(db, locked, 'canceled', 'canceled');
      const [row] = await db.query<TopUpRow>(GET_TOP_UP, [db.tenantId, topUpId]);
      assert(row, 'a top-up does not go away');
      return toTopUp(row);
    });
  }

  // Written before the provider is asked: whatever becomes of the answer, a repeat finds it and asks under the same key.
  private async note(ctx: Ctx, { amount: text, savePaymentMethod = false }: CreateTopUp): Promise<TopUpRow> {
    const requestKey = ctx.idempotencyKey?.split('\t')[0] ?? null;
    const customerId = await this.customers.of(ctx);
    return this.wallets.run(withoutKey(ctx), async (db, wallet) => {
      // Nobody should pay for what could not be added.
      if (wallet.status === 'frozen' || wallet.status === 'closed') throw walletErrors.frozen();
      const value = cardAmount(text, wallet.currency);
      const [made] = await db.query<TopUpRow>(INSERT_TOP_UP, [
        db.tenantId,
        newId(),
        wallet.id,
        'checkout',
        moneyText(value),
        wallet.currency,
        requestKey,
        savePaymentMethod,
        customerId,
        null,
        ctx.userId,
        this.clock.now(),
      ]);
      if (made) return made;
      const [known] = await db.query<TopUpRow>(TOP_UP_OF_REQUEST, [db.tenantId, requestKey]);
      assert(known, 'what stands in the way can be read');
      if (!value.eq(known.amount) || known.savesMethod !== savePaymentMethod)
        throw paymentErrors.key_reused();
      return known;
    });
  }

  private async open(ctx: Ctx, topUp: TopUpRow): Promise<Checkout> {
    const { id: topUpId, customerId, currency, attempt, savesMethod } = topUp;
    const { tenantId } = ctx;
    const order = {
      tenantId,
      topUpId,
      customerId,
      amount: amount(topUp.amount),
      currency,
      attempt,
      savesMethod,
    };
    try {
      return await this.provider.openCheckout(order);
    } catch (error) {
      const reason = error instanceof AppError ? error.code.slice(0, 100) : 'unknown';
      const next = isKeptFailure(error) ? 1 : 0;
      const failed = [tenantId, topUpId, reason, next];
      await this.tenant.run(withoutKey(ctx), (db) => db.execute(NOT_OPENED, failed));
      throw error;
    }
  }

  // Paid or expired just now, it cannot be closed any more; what it became is looked up instead.
  private async close(sessionId: string): Promise<void> {
    try {
      await this.provider.closeCheckout(sessionId);
    } catch (error) {
      const state = (await this.provider.checkout(sessionId))?.state;
      if (state === 'open') throw error;
      await this.sync.checkout(sessionId);
      if (state === 'complete') throw paymentErrors.top_up_settled();
    }
  }
}
