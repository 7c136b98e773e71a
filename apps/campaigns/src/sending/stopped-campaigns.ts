import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { Rounds } from '@leadwire/platform';
import { STOPPED_AMONG } from './claims.queries.js';
import { Leases } from './leases.js';

/** Takes back mails that have not left yet, of campaigns that may not send any more: paused, at their end, removed, or out of funds. */
@Injectable()
export class StoppedCampaigns extends Rounds {
  /** Whoever pauses a campaign watches it stop. */
  protected readonly everyMs = 1_000;
  // As for halted tenants: without the database, leases end by themselves.
  protected readonly trouble = 'stopped campaigns could not be looked for';

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Leases) private readonly leases: Leases,
  ) {
    super();
  }

  async round(): Promise<boolean> {
    for (const [tenantId, campaignIds] of this.leases.campaigns()) {
      const params = [tenantId, campaignIds];
      const stopped = await this.tenant.read<{ campaignId: string }>(
        systemCtx(tenantId),
        STOPPED_AMONG,
        params,
        'stopped-campaigns',
      );
      const ids = new Set(stopped.map(({ campaignId }) => campaignId));
      this.leases.forfeit(({ campaignId }) => ids.has(campaignId));
    }
    return false;
  }
}
