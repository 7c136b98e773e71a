import {
  allowancesApi,
  billingDetailsApi,
  invoiceOperatorsApi,
  invoicesApi,
  quotaOperatorsApi,
  taxesApi,
  usageEventsApi,
} from '@leadwire/contracts';
import { Clock, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import type { Answer, Command } from '../src/ledger/command.js';
import { PostingQueue } from '../src/ledger/posting-queue.js';
import { PaymentBench } from './payments.js';
import { capture, debit, reserve, topUp } from './postings.js';
import { MAILS } from './reported-usage.js';

const HOUR_MS = 3_600_000;
const SELLER = { INVOICE_SELLER_NAME: 'Leadwire Cloud', INVOICE_SELLER_COUNTRY: 'DE' };
const CUSTOMER = {
  company: 'Acme GmbH',
  addressLine1: 'Hauptstraße 1',
  addressLine2: null,
  postalCode: '10115',
  city: 'Berlin',
  region: null,
  country: 'DE',
  vatId: null,
  purchaseOrder: null,
};

/** A wallet of which every table of billing has something to say: each invariant has rows to hold. */
export class BusyWallet {
  private constructor(
    readonly bench: PaymentBench,
    readonly ctx: Ctx,
  ) {}

  static async start(): Promise<BusyWallet> {
    const bench = await PaymentBench.start(SELLER);
    const { ctx, paymentId } = await bench.paying('50');
    bench.stripe.refund(paymentId, 500);
    await bench.deliver();
    const wallet = new BusyWallet(bench, ctx);
    await wallet.post(topUp('5'));
    await wallet.limit();
    await wallet.use();
    await wallet.hold();
    await wallet.invoice();
    return wallet;
  }

  stop(): Promise<void> {
    return this.bench.stop();
  }

  private get service() {
    return this.bench.service;
  }
  private get operator(): Ctx {
    return systemCtx('', { deadline: Date.now() + 60_000 });
  }

  private post(command: Command): Promise<Answer> {
    const { tenantId } = this.ctx;
    const ctx = systemCtx(tenantId, { deadline: Date.now() + 60_000 });
    return this.service.running.app.get(PostingQueue).submit(ctx, command);
  }

  private async limit(): Promise<void> {
    const { tenantId, userId } = this.ctx;
    const quota = { tenantId, feature: 'campaigns', monthlyQuota: '10000' };
    await this.service.client(quotaOperatorsApi).set(this.operator, quota);
    const allowance = { userId: userId as string, monthlyAllowance: '20' };
    await this.service.client(allowancesApi).set(this.ctx, allowance);
  }

  /** Three uses, one of which is voided, at a price of the team's own that looks at the month. */
  private async use(): Promise<void> {
    const { tenantId, userId } = this.ctx;
    await this.service.database.query(
      `INSERT INTO billing.billing_pricing_catalog
         (id, tenant_id, category, provider, unit, unit_price, effective_from, scheme, tiers)
       VALUES ($1, $2, 'email', 'smtp', 'message', 0.002, '2020-01-01', 'graduated', '[{"upTo": "100", "unitPrice": "0.01"}]')`,
      [newId(), tenantId],
    );
    const events = this.service.client(usageEventsApi);
    const reported = ['1000', '40', '7'].map((quantity) => ({
      key: newId(),
      feature: 'campaigns',
      userId: userId as string,
      items: [{ ...MAILS, quantity }],
      occurredAt: new Date().toISOString(),
    }));
    const { items } = await events.record(this.ctx, { events: reported });
    expect(items.map(({ outcome }) => outcome)).toEqual(['charged', 'charged', 'charged']);
    const usageEventId = items[2]?.usageEventId as string;
    await events.void(this.ctx, { usageEventId, reason: 'Sent by mistake' });
  }

  /** A budget from which something is drawn and paid, what a member holds, and a wish that funds do not cover. */
  private async hold(): Promise<void> {
    const budget = (await this.post(reserve('5', HOUR_MS))).state?.reservationId as string;
    const drawn = await this.post(reserve('2', HOUR_MS, { parentId: budget }));
    await this.post(capture(drawn.state?.reservationId as string, '0.5'));
    await this.post({ ...reserve('1', HOUR_MS), createdBy: this.ctx.userId });
    expect((await this.post(debit('1000'))).outcome).toBe('insufficient');
  }

  /** An invoice of which the wallet paid the tax, and a part of it given back. */
  private async invoice(): Promise<void> {
    const { tenantId } = this.ctx;
    const operators = this.service.client(invoiceOperatorsApi);
    const invoices = this.service.client(invoicesApi);
    const rate = { name: 'VAT', percent: '19', country: 'DE', validFrom: '2020-01-01T00:00:00Z' };
    await this.service.client(taxesApi).add(this.operator, rate);
    await this.service.client(billingDetailsApi).set(this.ctx, CUSTOMER);
    const later = new Date(Date.now() + 60_000);
    this.service.running.app.get(Clock).now = () => later;
    const { id: invoiceId } = await invoices.create(this.ctx, { kind: 'usage' });
    await eventually(async () => {
      await operators.run(this.operator, { tenantId });
      return (await invoices.get(this.ctx, { invoiceId })).status === 'paid';
    });
    const credit = { tenantId, invoiceId, amount: '0.5', reason: 'Outage', key: newId() };
    await operators.credit(this.operator, credit);
  }
}
