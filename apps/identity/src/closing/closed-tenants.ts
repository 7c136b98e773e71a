import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { TenantErased } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantErasures, TenantTransaction } from '@leadwire/persistence';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { LOCK_DUE, TENANTS_TO_ERASE } from './closing.queries.js';

const TENANTS_PER_ROUND_MAX = 20;

/** Announces the end of teams whose days of grace are over; from then on there is no way back. */
@Injectable()
export class ClosedTenants extends Rounds {
  protected readonly everyMs = 3_000;
  protected readonly trouble = 'teams whose days of grace are over could not be ended';

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(TenantErasures) private readonly erasures: TenantErasures,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async round(): Promise<boolean> {
    const due = await this.source.query<{ tenantId: string }[]>(TENANTS_TO_ERASE, [
      this.clock.now(),
      TENANTS_PER_ROUND_MAX,
    ]);
    for (const { tenantId } of due) if (!this.stopped) await this.end(tenantId);
    return due.length === TENANTS_PER_ROUND_MAX;
  }

  // Any replica may come here at once: the team's lock lets one of them announce it.
  private end(tenantId: string): Promise<void> {
    return this.tenant.run(systemCtx(tenantId), async (db) => {
      const [team] = await db.query<{ version: number; closedAt: Date }>(LOCK_DUE, [
        tenantId,
        this.clock.now(),
      ]);
      if (!team || !(await this.erasures.request(db))) return;
      const data = { closedAt: team.closedAt.toISOString() };
      db.emit(TenantErased, tenantId, data, { version: team.version + 1 });
    });
  }
}
