import {
  allowancesApi,
  creditOperatorsApi,
  creditsApi,
  quotaOperatorsApi,
  quotasApi,
  reservationsApi,
  usageEventsApi,
  walletsApi,
  type AllowancesApi,
  type CreditOperatorsApi,
  type CreditsApi,
  type QuotaOperatorsApi,
  type QuotasApi,
  type ReservationsApi,
  type UsageEventsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, patient, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';

const PRICE_IN_EURO = `
  INSERT INTO billing.billing_pricing_catalog (id, category, provider, unit, unit_price, currency, effective_from)
  VALUES (gen_random_uuid(), 'email', 'smtp', 'message', 0.01, 'EUR', '2020-01-01T00:00:00Z')`;

/** Two replicas of the service that reckon in euros, and whoever asks them about credit, quotas and allowances. */
export class LimitsBench {
  readonly wallets: WalletsApi;
  readonly credits: CreditsApi;
  readonly operators: CreditOperatorsApi;
  readonly quotas: QuotasApi;
  readonly plans: QuotaOperatorsApi;
  readonly allowances: AllowancesApi;
  readonly reservations: ReservationsApi;
  readonly usage: UsageEventsApi;

  private constructor(readonly service: TestService) {
    this.wallets = service.client(walletsApi);
    this.credits = service.client(creditsApi);
    this.operators = service.client(creditOperatorsApi);
    this.quotas = service.client(quotasApi);
    this.plans = service.client(quotaOperatorsApi);
    this.allowances = service.client(allowancesApi);
    this.reservations = service.client(reservationsApi);
    this.usage = service.client(usageEventsApi);
  }

  static async start(): Promise<LimitsBench> {
    const env = { TRIAL_CREDIT: '10', CURRENCY: 'EUR' };
    const service = await TestService.start(billingService, { migrations, env });
    await service.addReplica();
    await service.database.query(PRICE_IN_EURO);
    return new LimitsBench(service);
  }

  system(): Ctx {
    return patient(systemCtx(''));
  }

  /** The system on behalf of the caller's team. */
  tenantOf({ tenantId }: Ctx): Ctx {
    return patient(systemCtx(tenantId));
  }

  /** The owner of a team that has a wallet with its trial credit. */
  async team(): Promise<Ctx> {
    const ctx = caller();
    await this.wallets.get(ctx, {});
    return ctx;
  }

  grant({ tenantId }: Ctx, amount: string, over: object = {}) {
    const wish = { tenantId, key: newId(), amount, source: 'granted' as const, reason: 'Sorry for Tuesday' };
    return this.operators.grant(this.system(), { ...wish, ...over });
  }

  hold(ctx: Ctx, amount: string, over: object = {}) {
    return this.reservations.authorise(this.tenantOf(ctx), {
      ...{ key: newId(), amount, ttlSeconds: 600 },
      ...over,
    });
  }
}
