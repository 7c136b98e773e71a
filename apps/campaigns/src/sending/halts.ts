import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { Leases } from './leases.js';
import { HALTED_AMONG } from './scheduler.queries.js';

/** A suspension must hold within a second; the word of it reaches one replica, and each has mails of its own under way. */
const LOOK_EVERY_MS = 250;

/** Takes back mails that have not left yet, of tenants that may not send any more. */
@Injectable()
export class Halts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    @Inject(getDataSourceToken()) private readonly source: DataSource,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.looking = this.looking.then(() => this.look())), LOOK_EVERY_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const tenants = this.leases.tenants();
    if (tenants.length === 0) return;
    try {
      const halted = await this.source.query<{ tenantId: string }[]>(HALTED_AMONG, [tenants]);
      for (const { tenantId } of halted) this.leases.forfeit(tenantId);
    } catch (err) {
      // Without the database nothing is claimed either, and leases that cannot be renewed end by themselves.
      this.logger.warn({ err }, 'halted tenants could not be looked for');
    }
  }
}
