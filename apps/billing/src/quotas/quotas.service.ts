import { Inject } from '@nestjs/common';
import {
  ENTITLED_FEATURES_MAX,
  quotasApi,
  type BillingEntitlements,
  type CheckQuota,
  type Nothing,
  type QuotaAnswer,
  type QuotasApi,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { QuotaCache } from './quota-cache.js';
import { answerAt, entitlementsAt, WITHOUT_QUOTA } from './quota-state.js';
import { QUOTAS, type QuotaRow } from './quotas.queries.js';

/** What a team's plan lets it use, and whether so much more has room now. */
@Serves(quotasApi)
export class QuotasService implements QuotasApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(QuotaCache) private readonly cache: QuotaCache,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, _: Nothing): Promise<BillingEntitlements> {
    const rows = await this.tenant.read<QuotaRow>(ctx, QUOTAS, [ctx.tenantId, ENTITLED_FEATURES_MAX]);
    return entitlementsAt(rows, this.clock.now());
  }

  async check(ctx: Ctx, { feature, quantity = '1' }: CheckQuota): Promise<QuotaAnswer> {
    const row = (await this.cache.of(ctx)).get(feature);
    return row ? answerAt(row, quantity, this.clock.now()) : WITHOUT_QUOTA;
  }
}
