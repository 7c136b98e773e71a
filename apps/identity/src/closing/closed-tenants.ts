import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { TenantErased } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantErasures, TenantTransaction } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { LOCK_DUE, TENANTS_TO_ERASE } from './closing.queries.js';

const POLL_MS = 3_000;
const TENANTS_PER_ROUND_MAX = 20;

/** Announces the end of teams whose days of grace are over; from then on there is no way back. */
@Injectable()
export class ClosedTenants implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(TenantErasures) private readonly erasures: TenantErasures,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.endThoseDue().catch((err: unknown) =>
        this.logger.warn({ err }, 'closed teams could not be looked for'),
      );
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async endThoseDue(): Promise<void> {
    const due = await this.source.query<{ tenantId: string }[]>(TENANTS_TO_ERASE, [
      this.clock.now(),
      TENANTS_PER_ROUND_MAX,
    ]);
    for (const { tenantId } of due) await this.end(tenantId);
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
