import { Inject } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { AppError, Clock } from '@leadwire/kernel';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';

const LOOK_EVERY_MS = 1_000;
const TENANTS_PER_ROUND = 50;
const POSTPONE_MS = 60_000;

/**
 * {@link Rounds} over the tenants with something due, each visited in turn. One with whom it fails is left alone for a while, and
 * the others go on. Any number of replicas may look: a visit takes the tenant's lock, and who comes second finds nothing due.
 */
export abstract class TenantRounds extends Rounds {
  protected readonly everyMs = LOOK_EVERY_MS;
  @Inject(getDataSourceToken()) protected readonly dataSource!: DataSource;
  @Inject(Clock) protected readonly clock!: Clock;

  /** SQL that answers `tenantId` of who is due: `$1` is now, `$2` how many at most. */
  protected abstract readonly dueSql: string;
  /** SQL that leaves tenant `$1` alone until `$2`. */
  protected abstract readonly postponeSql: string;
  /** How long a tenant is left alone with whom it failed. */
  protected readonly postponeMs: number = POSTPONE_MS;

  async round(): Promise<boolean> {
    const due = await this.due();
    let more = due.length === TENANTS_PER_ROUND;
    for (const tenantId of due) if (!this.stopped && (await this.serve(tenantId))) more = true;
    return more;
  }

  /** Does what is due for one tenant. @returns whether there is more to do for it at once */
  protected abstract visit(tenantId: string): Promise<boolean>;

  /** Visits one tenant, whatever comes of it. @returns whether there is more to do for it at once */
  protected async serve(tenantId: string): Promise<boolean> {
    try {
      return await this.visit(tenantId);
    } catch (err) {
      // What is expected, a frozen wallet or a provider that is away, is nobody's bug.
      this.logger[err instanceof AppError ? 'warn' : 'error']({ err, tenantId }, this.trouble);
      await this.postpone(tenantId);
      return false;
    }
  }

  protected async due(): Promise<string[]> {
    const params = [this.clock.now(), TENANTS_PER_ROUND];
    const rows = await this.dataSource.query<{ tenantId: string }[]>(this.dueSql, params);
    return rows.map(({ tenantId }) => tenantId);
  }

  protected async postpone(tenantId: string): Promise<void> {
    const until = new Date(this.clock.now().getTime() + this.postponeMs);
    await this.dataSource.query(this.postponeSql, [tenantId, until]);
  }
}
