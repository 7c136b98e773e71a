import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { amount, assert, Clock, moneyText, newId, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { requeueAutoTopUp, unqueueAutoTopUp } from './auto-top-up-queue.js';
import {
  CLAIM_AUTO_TOP_UPS,
  GET_AUTO_TOP_UP,
  NOT_ACTIVE,
  NOTE_FAILURE,
  OPEN_AUTOMATIC,
  USED_SINCE,
  type AutoTopUpRow,
} from './auto-top-up.queries.js';
import { switchOff } from './auto-top-ups.js';
import { customerOf } from './customers.js';
import { monthOf } from './decline-backoff.js';
import { PaymentProvider } from './payment-provider.js';
import { PaymentSync } from './payment-sync.js';
import { isKeptFailure } from './stripe-failures.js';
import { INSERT_TOP_UP, LOCK_TOP_UP, NEXT_ATTEMPT, type TopUpRow } from './top-ups.queries.js';

const TENANTS_PER_ROUND = 20;
/** How long a claimed tenant is left to who claimed it, and how long one waits whose payment is still under way. */
const LEASE_MS = 60_000;
/** The provider keeps a request's key for a day; past this, a payment that cannot be found was never made. */
const KEY_KEPT_MS = 23 * 3_600_000;

/** A top-up to pay; `begun` when somebody asked the provider for it before, and may or may not have been answered. */
type Planned = { topUp: TopUpRow; begun: boolean };

/**
 * Charges the saved card of tenants whose balance fell below their threshold. The top-up is written down before the provider is
 * asked, under a key that is made from it: killed anywhere, the next round goes on with the same payment.
 */
@Injectable()
export class AutoTopUpWorker extends Rounds {
  protected readonly everyMs = 1_000;
  protected readonly trouble = 'low balances could not be looked for';

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(PaymentSync) private readonly sync: PaymentSync,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.provider.enabled) super.onApplicationBootstrap();
  }

  override wake(): void {
    if (this.provider.enabled) super.wake();
  }

  /** Tops up what is due; says whether there may be more. */
  async round(): Promise<boolean> {
    const now = this.clock.now();
    const lease = new Date(now.getTime() + LEASE_MS);
    const [due] = await this.dataSource.query<[{ tenantId: string }[], number]>(CLAIM_AUTO_TOP_UPS, [
      now,
      lease,
      TENANTS_PER_ROUND,
    ]);
    for (const { tenantId } of due) if (!this.stopped) await this.topUp(tenantId);
    return due.length === TENANTS_PER_ROUND;
  }

  private async topUp(tenantId: string): Promise<void> {
    try {
      const planned = await this.wallets.run(systemCtx(tenantId), (db, wallet) => this.plan(db, wallet));
      if (planned) await this.pay(tenantId, planned);
    } catch (err) {
      // Its lease ends, and then it is tried again.
      this.logger.warn({ err, tenantId }, 'a wallet could not be topped up now');
    }
  }

  /** Decides under the wallet's lock whether to pay, and writes down what; undefined when there is nothing to pay now. */
  private async plan(db: TenantDb, wallet: LockedWallet): Promise<Planned | undefined> {
    const [open] = await db.query<{ id: string }>(OPEN_AUTOMATIC, [db.tenantId]);
    if (open) {
      const [topUp] = await db.query<TopUpRow>(LOCK_TOP_UP, [db.tenantId, open.id]);
      // One that is processing is settled by its events; the lease looks again.
      return topUp?.status === 'created' ? { topUp, begun: true } : undefined;
    }
    // What cannot be added is not charged: the lease looks again.
    if (wallet.status === 'frozen') return undefined;
    const [settings] = await db.query<AutoTopUpRow>(GET_AUTO_TOP_UP, [db.tenantId]);
    const low = settings && (wallet.balance.lt(settings.threshold) || wallet.exhausted);
    if (!settings?.enabled || !low || wallet.status === 'closed' || (await isHalted(db))) {
      await unqueueAutoTopUp(db);
      return undefined;
    }
    const now = this.clock.now();
    if (settings.nextAttemptAt && settings.nextAttemptAt > now) {
      await requeueAutoTopUp(db, settings.nextAttemptAt);
      return undefined;
    }
    if (await this.wouldPassCap(db, settings, now)) return undefined;
    const customerId = await customerOf(db);
    if (settings.providerMethodId === null || customerId === undefined) {
      await switchOff(db, 'payment_method_gone');
      return undefined;
    }
    return { topUp: await this.note(db, wallet, settings, customerId), begun: false };
  }

  private async wouldPassCap(db: TenantDb, settings: AutoTopUpRow, now: Date): Promise<boolean> {
    const { start, end } = monthOf(now);
    const [sum] = await db.query<{ used: string }>(USED_SINCE, [db.tenantId, start]);
    if (
      amount(sum?.used ?? '0')
        .plus(settings.amount)
        .lte(settings.monthlyCap)
    )
      return false;
    await db.execute(NOTE_FAILURE, [db.tenantId, 'monthly_cap']);
    await requeueAutoTopUp(db, end);
    return true;
  }

  private async note(
    db: TenantDb,
    wallet: LockedWallet,
    settings: AutoTopUpRow,
    customerId: string,
  ): Promise<TopUpRow> {
    const [made] = await db.query<TopUpRow>(INSERT_TOP_UP, [
      db.tenantId,
      newId(),
      wallet.id,
      'automatic',
      moneyText(amount(settings.amount)),
      wallet.currency,
      null,
      false,
      customerId,
      settings.providerMethodId,
      null,
      this.clock.now(),
    ]);
    assert(made, 'a top-up without a request stands in nobody’s way');
    return made;
  }

  private async pay(tenantId: string, { topUp, begun }: Planned): Promise<void> {
    const paymentId = begun ? await this.goOn(tenantId, topUp) : await this.charge(tenantId, topUp);
    if (paymentId !== undefined) await this.sync.payment(paymentId);
  }

  // What was begun before may have been paid, whatever its answer said: it is looked for before it is asked for again.
  private async goOn(tenantId: string, topUp: TopUpRow): Promise<string | undefined> {
    const { paymentId, customerId, createdAt } = topUp;
    if (paymentId !== null) return paymentId;
    const owner = { tenantId, topUpId: topUp.id };
    const found = await this.provider.findPayment(owner, customerId, createdAt);
    if (found !== undefined) return found;
    // It is asked for again once the team is active: the lease looks again.
    if (await this.tenant.run(systemCtx(tenantId), isHalted)) return undefined;
    if (this.clock.now().getTime() - createdAt.getTime() <= KEY_KEPT_MS) return this.charge(tenantId, topUp);
    await this.declined(tenantId, topUp, 'provider_unavailable');
    return undefined;
  }

  private async charge(tenantId: string, topUp: TopUpRow): Promise<string | undefined> {
    const { id: topUpId, customerId, methodId, currency, attempt } = topUp;
    assert(methodId, 'an automatic top-up names its card');
    const value = amount(topUp.amount);
    try {
      const order = { tenantId, topUpId, customerId, methodId, amount: value, currency, attempt };
      const charged = await this.provider.charge(order);
      if (charged.paymentId !== null) return charged.paymentId;
      await this.declined(tenantId, topUp, charged.declined);
    } catch (error) {
      // The provider would answer the same under this key for a day.
      if (isKeptFailure(error))
        await this.tenant.run(systemCtx(tenantId), (db) => db.execute(NEXT_ATTEMPT, [tenantId, topUpId]));
      throw error;
    }
    return undefined;
  }

  private async declined(tenantId: string, { id }: TopUpRow, reason: string): Promise<void> {
    await this.wallets.run(systemCtx(tenantId), async (db) => {
      const [topUp] = await db.query<TopUpRow>(LOCK_TOP_UP, [tenantId, id]);
      if (topUp?.status === 'created') await this.sync.fail(db, topUp, 'failed', reason);
    });
  }
}

/** Whether the team is suspended or closed: its card is left alone until it is active again. */
async function isHalted(db: TenantDb): Promise<boolean> {
  return (await db.query(NOT_ACTIVE, [db.tenantId])).length > 0;
}
