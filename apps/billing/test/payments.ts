import {
  autoTopUpApi,
  paymentMethodsApi,
  topUpsApi,
  walletsApi,
  webhooksApi,
  type AutoTopUpApi,
  type PaymentMethodsApi,
  type TopUp,
  type TopUpsApi,
  type WalletsApi,
  type WebhooksApi,
} from '@leadwire/contracts';
import { amount, anonymousCtx, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, STRIPE_CARDS, StripeWire, TestService } from '@leadwire/testing';
import { TenantTransaction } from '@leadwire/persistence';
import { billingService } from '../src/billing.module.js';
import { WalletLock } from '../src/ledger/wallet-lock.js';
import { migrations } from '../src/migrations/index.js';
import { AutoTopUpWorker } from '../src/payments/auto-top-up-worker.js';
import { PaymentEvents } from '../src/payments/payment-events.js';
import { Reconciliation } from '../src/payments/reconciliation.js';

/** The service with a payment provider beside it; nothing happens by itself, so that each test says what happens when. */
export class PaymentBench {
  readonly topUps: TopUpsApi;
  readonly methods: PaymentMethodsApi;
  readonly auto: AutoTopUpApi;
  readonly wallets: WalletsApi;
  readonly webhooks: WebhooksApi;

  private constructor(
    readonly service: TestService,
    readonly stripe: StripeWire,
  ) {
    this.topUps = service.client(topUpsApi);
    this.methods = service.client(paymentMethodsApi);
    this.auto = service.client(autoTopUpApi);
    this.wallets = service.client(walletsApi);
    this.webhooks = service.client(webhooksApi);
  }

  static async start(env: Record<string, string> = {}): Promise<PaymentBench> {
    const stripe = await StripeWire.start();
    const service = await TestService.start(billingService, {
      migrations,
      env: { ...stripe.env, TRIAL_CREDIT: '0', LOW_BALANCE_THRESHOLD: '0', ...env },
    });
    return new PaymentBench(service, stripe);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.stripe.stop();
  }

  /** Whoever starts a page, and its session at the provider. */
  async started(ctx: Ctx, value: string, savePaymentMethod = false): Promise<TopUp & { sessionId: string }> {
    const topUp = await this.topUps.create(ctx, { amount: value, savePaymentMethod });
    return { ...topUp, sessionId: new URL(topUp.checkoutUrl as string).pathname.split('/').at(-1) as string };
  }

  /** A tenant who paid so much by card, with the card kept. */
  async paying(value: string, ctx = caller()): Promise<{ ctx: Ctx; topUp: TopUp; paymentId: string }> {
    const { id, sessionId } = await this.started(ctx, value, true);
    const paymentId = this.stripe.pay(sessionId);
    await this.deliver();
    return { ctx, topUp: await this.topUps.get(ctx, { topUpId: id }), paymentId };
  }

  /** Brings every event that was not brought yet, as webhooks, and waits until none waits. */
  async deliver(events: object[] = this.stripe.events.splice(0)): Promise<void> {
    for (const event of events) await this.bring(event);
    await this.settled();
  }

  bring(event: object): Promise<void> {
    return this.webhooks.receive(anonymousCtx(), this.stripe.webhook(event));
  }

  /** Waits until every event was tried. */
  async settled(): Promise<void> {
    await this.service.running.app.get(PaymentEvents).round();
    await eventually(async () => {
      const [row] = await this.service.database.query<{ waiting: string }>(
        `SELECT count(*) AS waiting FROM billing.billing_payment_events
         WHERE status = 'waiting' AND attempts = 0 AND error IS NULL`,
      );
      return row?.waiting === '0';
    });
  }

  reconcile(): Promise<number> {
    return this.service.running.app.get(Reconciliation).read();
  }

  /** Lets whoever waits for a later try have it now. */
  async hurry(): Promise<void> {
    const { database } = this.service;
    await database.query(
      `UPDATE billing.billing_payment_events SET next_attempt_at = now() WHERE status = 'waiting'`,
    );
    await database.query(
      `UPDATE billing.billing_auto_top_ups SET next_attempt_at = now() - interval '1 s' WHERE next_attempt_at IS NOT NULL`,
    );
    await database.query(`UPDATE billing.auto_top_up_queue SET due_at = now() - interval '1 s'`);
    await this.service.running.app.get(PaymentEvents).round();
    await this.service.running.app.get(AutoTopUpWorker).round();
  }

  async balance(ctx: Ctx): Promise<string> {
    return (await this.wallets.get(ctx, {})).balance;
  }

  /** What the ledger of a tenant says, oldest first. */
  postings(ctx: Ctx): Promise<{ type: string; amount: string }[]> {
    return this.service.database.query(
      `SELECT transaction_type AS type, amount FROM billing.billing_ledger_transactions
       WHERE tenant_id = $1 ORDER BY wallet_seq`,
      [ctx.tenantId],
    );
  }

  /** Spends so much of a wallet. */
  async spend(ctx: Ctx, value: string): Promise<string | undefined> {
    const { app } = this.service.running;
    return app.get(TenantTransaction).run(systemCtx(ctx.tenantId), async (db) => {
      const wallet = await app.get(WalletLock).take(db);
      const [answer] = await wallet.post([
        { kind: 'debit', key: newId(), amount: amount(value), referenceType: 'manual' },
      ]);
      await wallet.save();
      return answer?.outcome;
    });
  }

  /** Makes every later charge of a tenant's saved card end like this. */
  async nextCharges(ctx: Ctx, card: keyof typeof STRIPE_CARDS): Promise<void> {
    const methods = await this.service.database.query<{ id: string }>(
      'SELECT provider_id AS id FROM billing.billing_payment_methods WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    for (const { id } of methods) this.stripe.behaviours.set(id, STRIPE_CARDS[card]);
  }
}
