import { Inject } from '@nestjs/common';
import {
  autoTopUpApi,
  paymentErrors,
  type AutoTopUp,
  type AutoTopUpApi,
  type Nothing,
  type SetAutoTopUp,
} from '@leadwire/contracts';
import { amount, Clock, moneyText, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { AutoTopUpWorker } from './auto-top-up-worker.js';
import { requeueAutoTopUp, unqueueAutoTopUp } from './auto-top-up-queue.js';
import {
  GET_AUTO_TOP_UP,
  SET_AUTO_TOP_UP,
  USED_SINCE,
  WATCH_BALANCE,
  type AutoTopUpRow,
} from './auto-top-up.queries.js';
import { cardAmount } from './card-amount.js';
import { monthOf } from './decline-backoff.js';
import { GET_METHOD } from './payment-methods.queries.js';
import { PaymentProvider } from './payment-provider.js';

/** How a team has its balance topped up by itself: when, by how much, and with which card. */
@Serves(autoTopUpApi)
export class AutoTopUpService implements AutoTopUpApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(AutoTopUpWorker) private readonly worker: AutoTopUpWorker,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  get(ctx: Ctx, _: Nothing): Promise<AutoTopUp> {
    return this.tenant.run(ctx, (db) => this.describe(db));
  }

  async set(ctx: Ctx, input: SetAutoTopUp): Promise<AutoTopUp> {
    if (input.enabled && !this.provider.enabled) throw paymentErrors.switched_off();
    const answer = await this.wallets.run(ctx, async (db, wallet) => {
      await this.save(db, wallet, input);
      return this.describe(db);
    });
    this.worker.wake();
    return answer;
  }

  private async save(db: TenantDb, wallet: LockedWallet, input: SetAutoTopUp): Promise<void> {
    const { enabled, paymentMethodId } = input;
    const value = cardAmount(input.amount, wallet.currency);
    const cap = amount(input.monthlyCap);
    if (cap.lt(value)) {
      const detail = 'must be at least the amount of one top-up';
      throw requestErrors.invalid({ errors: [{ pointer: '/monthlyCap', code: 'range', detail }] });
    }
    if (paymentMethodId !== null) {
      const [method] = await db.query(GET_METHOD, [db.tenantId, paymentMethodId]);
      if (!method) throw paymentErrors.method_not_found();
    }
    const threshold = moneyText(amount(input.threshold));
    const settings = [enabled, threshold, moneyText(value), moneyText(cap), paymentMethodId, db.ctx.userId];
    await db.execute(SET_AUTO_TOP_UP, [db.tenantId, ...settings]);
    const [saved] = await db.query<AutoTopUpRow>(GET_AUTO_TOP_UP, [db.tenantId]);
    if (enabled && !saved?.providerMethodId) throw paymentErrors.method_missing();
    await db.execute(WATCH_BALANCE, [db.tenantId, enabled ? threshold : null]);
    const low = wallet.balance.lt(threshold) || wallet.exhausted;
    if (enabled && low) await requeueAutoTopUp(db, this.clock.now());
    else if (!enabled) await unqueueAutoTopUp(db);
  }

  private async describe(db: TenantDb): Promise<AutoTopUp> {
    const [settings] = await db.query<AutoTopUpRow>(GET_AUTO_TOP_UP, [db.tenantId]);
    const { start } = monthOf(this.clock.now());
    const [sum] = await db.query<{ used: string }>(USED_SINCE, [db.tenantId, start]);
    return {
      enabled: settings?.enabled ?? false,
      threshold: settings?.threshold ?? null,
      amount: settings?.amount ?? null,
      monthlyCap: settings?.monthlyCap ?? null,
      usedThisMonth: sum?.used ?? moneyText(amount('0')),
      paymentMethodId: settings?.methodId ?? null,
      declines: settings?.declines ?? 0,
      lastFailure: settings?.lastFailure ?? null,
      nextAttemptAt: settings?.nextAttemptAt?.toISOString() ?? null,
    };
  }
}
