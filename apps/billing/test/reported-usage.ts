import { usageApi, usageEventsApi, walletsApi, type ReportedUsage } from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { tailViolationsIn, violationsIn } from './postings.js';

export const MAILS = { category: 'email', provider: 'smtp', unit: 'message' } as const;

/** Ten mails that somebody reports. */
export const use = (over: Partial<ReportedUsage> = {}): ReportedUsage => ({
  key: newId(),
  feature: 'newsletter',
  items: [{ ...MAILS, quantity: '10' }],
  occurredAt: new Date().toISOString(),
  ...over,
});

/** Billing whose wallets begin with one dollar, asked about reported usage. */
export class ReportedUsageFixture {
  readonly usage;
  readonly events;
  readonly wallets;

  private constructor(readonly service: TestService) {
    this.usage = service.client(usageApi);
    this.events = service.client(usageEventsApi);
    this.wallets = service.client(walletsApi);
  }

  static async start(): Promise<ReportedUsageFixture> {
    const env = { TRIAL_CREDIT: '1.000000', LOW_BALANCE_THRESHOLD: '0' };
    return new ReportedUsageFixture(await TestService.start(billingService, { migrations, env }));
  }

  async balanceOf(ctx: Ctx): Promise<string> {
    return (await this.wallets.get(ctx, {})).balance;
  }

  /** Reports one use and answers its id. */
  async recordOne(ctx: Ctx, over: Partial<ReportedUsage> = {}): Promise<string> {
    const { items } = await this.events.record(ctx, { events: [use(over)] });
    return items[0]?.usageEventId as string;
  }

  /** Gives the team a price of its own. */
  async setPrice(ctx: Ctx, price: string, provider: string, from = '2020-01-01T00:00:00Z'): Promise<void> {
    await this.service.database.query(
      `INSERT INTO billing.billing_pricing_catalog (id, tenant_id, category, provider, unit, unit_price, effective_from)
       VALUES (gen_random_uuid(), $1, 'email', $3, 'message', $2, $4)`,
      [ctx.tenantId, price, provider, from],
    );
  }

  async stop(): Promise<void> {
    expect(await violationsIn(this.service.database)).toEqual([]);
    expect(await tailViolationsIn(this.service.database)).toEqual([]);
    await this.service.stop();
  }
}
