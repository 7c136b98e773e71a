import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { Leases } from './leases.js';
import { HALTED_AMONG } from './scheduler.queries.js';

/** Takes back mails that have not left yet, of tenants that may not send any more. */
@Injectable()
export class HaltedTenants extends Rounds {
  /** A suspension must hold within a second; the word of it reaches one replica, and each has mails of its own under way. */
  protected readonly everyMs = 250;
  // Without the database nothing is claimed either, and leases that cannot be renewed end by themselves.
  protected readonly trouble = 'halted tenants could not be looked for';

  constructor(
    @Inject(getDataSourceToken()) private readonly source: DataSource,
    @Inject(Leases) private readonly leases: Leases,
  ) {
    super();
  }

  async round(): Promise<boolean> {
    const tenants = this.leases.tenants();
    if (tenants.length === 0) return false;
    const halted = await this.source.query<{ tenantId: string }[]>(HALTED_AMONG, [tenants]);
    const ids = new Set(halted.map(({ tenantId }) => tenantId));
    this.leases.forfeit(({ tenantId }) => ids.has(tenantId));
    return false;
  }
}
