import { Inject, Injectable } from '@nestjs/common';
import {
  PAYMENT_METHODS_MAX,
  TopUpFailed,
  TopUpSucceeded,
  walletErrors,
  type TopUpStatus,
} from '@leadwire/contracts';
import { amount, assert, Clock, moneyText, newId, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { Charging } from '../usage/charging.js';
import { noteDecline, noteSuccess } from './auto-top-ups.js';
import { PaymentMismatch } from './payment-mismatch.js';
import { KEEP_METHOD } from './payment-methods.queries.js';
import { PaymentProvider, type Payment, type SavedMethod } from './payment-provider.js';
import { applyReversals } from './reversals.js';
import { LOCK_TOP_UP, PAYMENT_OF_TOP_UP, TOP_UP_IS, TOP_UP_PAID, type TopUpRow } from './top-ups.queries.js';

/**
 * Brings top-up and wallet to where a payment stands at the provider. It is told nothing but its id and fetches the rest, so
 * events may come twice, late, in any order, or not at all: each time, what is missing is done, and nothing twice.
 */
@Injectable()
export class PaymentSync {
  constructor(
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * @throws PaymentMismatch when the payment is none that we asked for; AppError `payment.provider_unavailable` |
   *   `wallet.frozen`
   */
  async payment(id: string): Promise<void> {
    const payment = await this.provider.payment(id);
    // Others may use the account too; what they are paid is not ours.
    if (!payment?.owner) return;
    const { tenantId, topUpId } = payment.owner;
    const { savedMethodId } = payment;
    const method = savedMethodId === null ? undefined : await this.provider.method(savedMethodId);
    await this.wallets.run(systemCtx(tenantId), async (db, wallet) => {
      const [topUp] = await db.query<TopUpRow>(LOCK_TOP_UP, [tenantId, topUpId]);
      if (!topUp) throw new PaymentMismatch(`there is no top-up ${topUpId}`);
      await this.apply(db, wallet, topUp, payment);
      if (method) await this.keep(db, method);
    });
  }

  /** Brings a top-up to where its page stands at the provider. @throws as {@link payment} */
  async checkout(id: string): Promise<void> {
    const checkout = await this.provider.checkout(id);
    if (!checkout?.owner) return;
    if (checkout.paymentId !== null) await this.payment(checkout.paymentId);
    if (checkout.state !== 'expired') return;
    const { tenantId, topUpId } = checkout.owner;
    await this.tenant.run(systemCtx(tenantId), async (db) => {
      const [topUp] = await db.query<TopUpRow>(LOCK_TOP_UP, [tenantId, topUpId]);
      if (topUp?.sessionId === checkout.id && topUp.status === 'created')
        await this.fail(db, topUp, 'expired', 'expired');
    });
  }

  private async apply(db: TenantDb, wallet: LockedWallet, topUp: TopUpRow, payment: Payment): Promise<void> {
    await this.claim(db, topUp, payment);
    const open = topUp.status === 'created' || topUp.status === 'pending';
    if (payment.state === 'succeeded') return this.paid(db, wallet, topUp, payment);
    if (payment.state === 'canceled') {
      if (open) await this.fail(db, topUp, 'canceled', payment.failureCode ?? 'canceled');
    } else if (payment.state === 'processing') {
      if (topUp.status === 'created') await db.execute(TOP_UP_IS, [db.tenantId, topUp.id, 'pending', null]);
    } else if (payment.failureCode !== null && open) {
      // Whoever is at the page may try another card.
      if (topUp.origin === 'checkout' && topUp.status === 'created')
        await db.execute(TOP_UP_IS, [db.tenantId, topUp.id, 'created', payment.failureCode]);
      else await this.fail(db, topUp, 'failed', payment.failureCode);
    }
  }

  private async claim(db: TenantDb, topUp: TopUpRow, payment: Payment): Promise<void> {
    if (payment.currency !== topUp.currency)
      throw new PaymentMismatch(`${payment.id} is in ${payment.currency}, the top-up in ${topUp.currency}`);
    if (!payment.amount.eq(topUp.amount))
      throw new PaymentMismatch(
        `${payment.id} is of ${payment.amount.toFixed()}, the top-up of ${topUp.amount}`,
      );
    if (payment.customerId !== topUp.customerId)
      throw new PaymentMismatch(`${payment.id} is of another customer than the top-up`);
    if (topUp.paymentId === payment.id) return;
    if (topUp.paymentId !== null)
      throw new PaymentMismatch(`the top-up belongs to ${topUp.paymentId}, not to ${payment.id}`);
    await db.execute(PAYMENT_OF_TOP_UP, [db.tenantId, topUp.id, payment.id]);
  }

  private async paid(db: TenantDb, wallet: LockedWallet, topUp: TopUpRow, payment: Payment): Promise<void> {
    const ledgerTransactionId = topUp.ledgerTransactionId ?? (await this.post(db, wallet, topUp, payment));
    await applyReversals(db, wallet, { ...topUp, ledgerTransactionId }, payment.reversals, this.clock.now());
    await this.charging.chargePending(db, wallet);
  }

  private async post(db: TenantDb, wallet: LockedWallet, topUp: TopUpRow, payment: Payment): Promise<string> {
    const [answer] = await wallet.post([
      {
        kind: 'topup',
        // Of one payment there is one posting, for ever.
        key: `stripe:${payment.id}`,
        amount: payment.received,
        referenceType: 'stripe_payment',
        referenceId: topUp.id,
        createdBy: topUp.createdBy,
        description: topUp.origin === 'automatic' ? 'Automatic top-up' : 'Top-up by card',
      },
    ]);
    if (answer?.outcome === 'frozen') throw walletErrors.frozen();
    if (answer?.outcome === 'limit') throw walletErrors.full();
    const id = answer?.ledgerId;
    assert(id, 'a payment is posted, now or before');
    await db.execute(TOP_UP_PAID, [db.tenantId, topUp.id, id, this.clock.now()]);
    db.emit(TopUpSucceeded, topUp.id, { ...momentOf(topUp), ledgerTransactionId: id });
    if (topUp.origin === 'automatic') await noteSuccess(db, this.clock.now());
    return id;
  }

  /** Ends a top-up that was not paid, and says so. */
  async fail(db: TenantDb, topUp: TopUpRow, status: TopUpStatus, reason: string): Promise<void> {
    const ended = await db.execute(TOP_UP_IS, [db.tenantId, topUp.id, status, reason]);
    if (ended === 0) return;
    db.emit(TopUpFailed, topUp.id, { ...momentOf(topUp), reason });
    if (topUp.origin === 'automatic') await noteDecline(db, topUp, reason, this.clock.now());
  }

  private async keep(db: TenantDb, method: SavedMethod): Promise<void> {
    const { id, kind, brand, last4, expiresMonth, expiresYear } = method;
    const looks = [kind, brand, last4, expiresMonth, expiresYear];
    await db.execute(KEEP_METHOD, [
      db.tenantId,
      newId(),
      id,
      ...looks,
      this.clock.now(),
      PAYMENT_METHODS_MAX,
    ]);
  }
}

function momentOf({ id, origin, amount: value, currency }: TopUpRow) {
  return { topUpId: id, origin, amount: moneyText(amount(value)), currency };
}
