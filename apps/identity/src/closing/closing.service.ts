import { Inject } from '@nestjs/common';
import {
  accountErrors,
  closingApi,
  memberErrors,
  tenantErrors,
  TenantUpdated,
  type ClosedTeam,
  type CloseTeam,
  type ClosingApi,
  type RestoreTeam,
  type Tenant,
} from '@leadwire/contracts';
import { assert, Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { actingAs } from '../accounts/acting-as.js';
import { Credentials } from '../accounts/credentials.js';
import { ReAuthentication } from '../accounts/re-authentication.js';
import { toTenant } from '../accounts/standing.js';
import { Deliveries } from '../delivery/deliveries.js';
import type { IdentityConfig } from '../identity.config.js';
import { Memberships } from '../members/memberships.js';
import { FIND_TENANT, LOCK_ANY_TENANT } from '../tenants/tenants.queries.js';
import type { TenantRow } from '../tenants/tenants.service.js';
import { CLOSE_TENANT, ERASE_AFTER, IS_NOTED, OWNERS, RESTORE_TENANT } from './closing.queries.js';

const DAY_MS = 86_400_000;
/** Owners who are told; a team with more has an odd idea of ownership. */
const OWNERS_TOLD_MAX = 50;

type Changed = { name: string; planTier: string; version: number };

/** The end of a team, and the way back while there is one. */
@Serves(closingApi)
export class ClosingService implements ClosingApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(ReAuthentication) private readonly reAuthentication: ReAuthentication,
    @Inject(Credentials) private readonly credentials: Credentials,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'CLOSED_TENANTS_KEPT_DAYS'>,
  ) {}

  /**
   * Closes the caller's team: nobody gets in, nothing is sent, all owners are told. After the days of grace its data is erased.
   * @throws AppError `reauthentication.failed` | `tenant.name_differs` | `tenant.not_found` | `member.above_you`
   */
  async close(ctx: Ctx, { name, password }: CloseTeam): Promise<ClosedTeam> {
    await this.reAuthentication.confirm(ctx, password);
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      if ((await this.memberships.ofCaller(db)) !== 'owner') throw memberErrors.above_you();
      const [before] = await db.query<TenantRow>(FIND_TENANT, [db.tenantId]);
      if (!before) throw tenantErrors.not_found();
      if (name.trim() !== before.tenantName) throw tenantErrors.name_differs();
      const now = this.clock.now();
      const eraseAfter = new Date(now.getTime() + this.config.CLOSED_TENANTS_KEPT_DAYS * DAY_MS);
      const [after] = await db.query<Changed>(CLOSE_TENANT, [db.tenantId, now, eraseAfter]);
      assert(after, 'a locked row can be updated');
      announce(db, 'closed', after);
      await this.tellOwners(db, after.name, eraseAfter);
      return { tenantId: db.tenantId, restorableUntil: eraseAfter.toISOString() };
    });
  }

  /**
   * Opens a closed team again, for an owner who shows their password. They log in afterwards.
   * @throws AppError `account.bad_credentials` | `account.slow_down` | `account.not_a_member` | `request.forbidden` |
   * `tenant.not_closed` | `tenant.not_found` once its data is being erased
   */
  async restore(ctx: Ctx, { tenantId, email, password }: RestoreTeam): Promise<Tenant> {
    const userId = await this.credentials.prove(email, password, ctx.clientIp);
    return this.tenant.run(actingAs(ctx, { tenantId, userId }), async (db) => {
      const [before] = await db.query<TenantRow>(LOCK_ANY_TENANT, [tenantId]);
      const place = before && (await this.memberships.find(db, userId));
      if (!place) throw accountErrors.not_a_member();
      if (place.role !== 'owner') throw memberErrors.above_you();
      if (before.status !== 'closed') throw tenantErrors.not_closed();
      await this.requireRestorable(db);
      const [after] = await db.query<Changed>(RESTORE_TENANT, [tenantId, this.clock.now()]);
      assert(after, 'a locked row can be updated');
      announce(db, 'active', after);
      const [row] = await db.query<TenantRow>(FIND_TENANT, [tenantId]);
      assert(row, 'a restored team can be read');
      return toTenant(row);
    });
  }

  private async requireRestorable(db: TenantDb): Promise<void> {
    const noted = await db.query(IS_NOTED, [db.tenantId]);
    const [row] = await db.query<{ eraseAfter: Date }>(ERASE_AFTER, [db.tenantId]);
    if (noted.length > 0 || !row || row.eraseAfter <= this.clock.now()) throw tenantErrors.not_found();
  }

  private async tellOwners(db: TenantDb, teamName: string, eraseAfter: Date): Promise<void> {
    const owners = await db.query<{ email: string }>(OWNERS, [db.tenantId, OWNERS_TOLD_MAX]);
    const data = { teamName, until: eraseAfter.toISOString().slice(0, 10) };
    for (const { email } of owners)
      await this.deliveries.mail(db, { to: email, template: 'team-closed', data });
  }
}

function announce(db: TenantDb, status: string, { name, planTier, version }: Changed): void {
  db.emit(TenantUpdated, db.tenantId, { name, status, planTier }, { version });
}
