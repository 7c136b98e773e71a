import {
  billingDetailsApi,
  invoiceOperatorsApi,
  invoicesApi,
  TenantCreated,
  taxesApi,
  usageEventsApi,
  walletsApi,
  type Invoice,
  type InvoiceSummary,
} from '@leadwire/contracts';
import { Clock, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { violationsIn } from './postings.js';

/** Billing with invoices, at a time that the test drives in all replicas. */
export class InvoiceFixture {
  private constructor(readonly service: TestService) {}

  static async start(env: Record<string, string> = {}): Promise<InvoiceFixture> {
    const service = await TestService.start(billingService, {
      migrations,
      env: {
        TRIAL_CREDIT: '0',
        INVOICE_SELLER_NAME: 'Leadwire Cloud',
        INVOICE_SELLER_COUNTRY: 'DE',
        INVOICE_DUE_DAYS: '14',
        DUNNING_DAYS: '3,10',
        ...env,
      },
    });
    return new InvoiceFixture(service);
  }

  get invoices() {
    return this.service.client(invoicesApi);
  }
  get operators() {
    return this.service.client(invoiceOperatorsApi);
  }
  get details() {
    return this.service.client(billingDetailsApi);
  }
  get taxes() {
    return this.service.client(taxesApi);
  }
  get wallets() {
    return this.service.client(walletsApi);
  }
  readonly operator = (): Ctx => systemCtx('', { deadline: Date.now() + 30_000 });

  /** It is that time now, and stays so until the next call. */
  at(time: string, replica = this.service.running): void {
    replica.app.get(Clock).now = () => new Date(time);
  }

  /** A team with so much in its wallet, whose name is known. */
  async team(funds: string, name = 'Acme'): Promise<Ctx> {
    const ctx = caller();
    const data = { name, slug: `t-${newId()}`, planTier: 'trial', ownerUserId: newId() };
    await this.service.publish(TenantCreated, {
      tenantId: ctx.tenantId,
      aggregateId: ctx.tenantId,
      data,
      version: 1,
    });
    if (funds !== '0') await this.wallets.topUp(ctx, { amount: funds });
    await eventually(async () => (await this.details.get(ctx, {})).invoiceName === name);
    return ctx;
  }

  /** Has so many mails charged at the time that it is, at a tenth of a cent each: as one use, or as `uses`. */
  async use(ctx: Ctx, quantity: number, occurredAt: string, uses = 1): Promise<void> {
    const item = { category: 'email', provider: 'smtp', unit: 'message' } as const;
    const events = Array.from({ length: uses }, () => ({
      key: newId(),
      feature: 'campaigns',
      items: [{ ...item, quantity: `${quantity / uses}` }],
      occurredAt,
    }));
    const recorded = await this.service.client(usageEventsApi).record(ctx, { events });
    expect(new Set(recorded.items.map(({ outcome }) => outcome))).toEqual(new Set(['charged']));
  }

  /** Asks for an invoice over what was used until now, a minute later. */
  ask(ctx: Ctx): Promise<Invoice> {
    const { now } = this.service.running.app.get(Clock);
    this.at(new Date(now().getTime() + 60_000).toISOString());
    return this.invoices.create(ctx, { kind: 'usage' });
  }

  /** Does what is due for a tenant, as the scheduler would. */
  run(ctx: Ctx) {
    return this.operators.run(this.operator(), { tenantId: ctx.tenantId });
  }

  async all(ctx: Ctx): Promise<InvoiceSummary[]> {
    return (await this.invoices.list(ctx, {})).items;
  }

  async newest(ctx: Ctx): Promise<Invoice> {
    const [first] = await this.all(ctx);
    if (!first) throw new Error('There is no invoice.');
    return this.invoices.get(ctx, { invoiceId: first.id });
  }

  async announced(ctx: Ctx, type: { type: string }) {
    return (await this.service.events(type, ctx.tenantId)).map(({ data }) => data);
  }

  violations() {
    return violationsIn(this.service.database);
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
