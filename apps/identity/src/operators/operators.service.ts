import { Inject } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  accountErrors,
  operatorsApi,
  tenantErrors,
  TenantUpdated,
  type ListTenants,
  type OperatorsApi,
  type OperatorTenant,
  type OperatorUser,
  type Page,
  type SetTenantPlan,
  type SuspendTenant,
  type SuspendUser,
  type TenantRef,
  type UserRef,
} from '@leadwire/contracts';
import { assert, Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, translateDatabaseError } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { LOCK_ANY_TENANT, SET_STANDING } from '../tenants/tenants.queries.js';
import type { TenantRow } from '../tenants/tenants.service.js';
import { FIND_TENANTS, FIND_USER } from './operators.queries.js';
import { Suspensions } from './suspensions.js';

type Dated<T, K extends keyof T> = Omit<T, K> & { [P in K]: T[P] extends string ? Date : Date | null };
type OperatorTenantRow = Dated<OperatorTenant, 'statusChangedAt' | 'createdAt' | 'eraseAfter'>;
type OperatorUserRow = Dated<OperatorUser, 'suspendedAt'>;
type Standing = { status: string; planTier: string; reason: string | null };

/** The door of those who run the platform: it takes requests of the system only. */
@Serves(operatorsApi)
export class OperatorsService implements OperatorsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @InjectDataSource() private readonly source: DataSource,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Suspensions) private readonly suspensions: Suspensions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Every team there is, in the order in which they were made. */
  async listTenants(ctx: Ctx, input: ListTenants): Promise<Page<OperatorTenant>> {
    const { after, limit } = this.cursors.read(ctx, 'operator-tenants', input);
    const { words = null, status = null } = input;
    const rows = await this.query<OperatorTenantRow>(FIND_TENANTS, [
      words,
      status,
      after?.[0] ?? null,
      limit + 1,
    ]);
    return this.cursors.page(ctx, 'operator-tenants', input, rows, (row) => [row.id], toTenant);
  }

  /**
   * Stops a team at once: its people are refused, its background work rests. Nothing is lost.
   * @throws AppError `tenant.not_found` | `tenant.closed`
   */
  suspendTenant(ctx: Ctx, { tenantId, reason }: SuspendTenant): Promise<OperatorTenant> {
    return this.change(ctx, tenantId, ({ planTier }) => ({ status: 'suspended', planTier, reason }));
  }

  /** @throws AppError `tenant.not_found` | `tenant.closed` */
  reinstateTenant(ctx: Ctx, { tenantId }: TenantRef): Promise<OperatorTenant> {
    return this.change(ctx, tenantId, ({ planTier }) => ({ status: 'active', planTier, reason: null }));
  }

  /** @throws AppError `tenant.not_found` | `tenant.closed` */
  setPlan(ctx: Ctx, { tenantId, planTier }: SetTenantPlan): Promise<OperatorTenant> {
    return this.change(ctx, tenantId, ({ status, statusReason }) => ({
      status,
      planTier,
      reason: statusReason,
    }));
  }

  /** @throws AppError `account.not_found` */
  async getUser(_: Ctx, { user }: UserRef): Promise<OperatorUser> {
    const [row] = await this.query<OperatorUserRow>(FIND_USER, [canonicalEmail(user)]);
    if (!row) throw accountErrors.not_found();
    return toUser(row);
  }

  /**
   * Ends a person's sessions everywhere, and lets neither them nor their API keys in any more; what they had work for them stops, and nobody
   * comes in by an invitation of theirs. Log-in answers as for a wrong password.
   * @throws AppError `account.not_found`
   */
  async suspendUser(ctx: Ctx, { user, reason }: SuspendUser): Promise<OperatorUser> {
    const { id } = await this.getUser(ctx, { user });
    await this.suspensions.suspend(id, reason);
    return this.getUser(ctx, { user: id });
  }

  /**
   * Lets a person in again. Their imports go on; campaigns that were paused wait for somebody to resume them.
   * @throws AppError `account.not_found`
   */
  async reinstateUser(ctx: Ctx, { user }: UserRef): Promise<OperatorUser> {
    const { id } = await this.getUser(ctx, { user });
    await this.suspensions.reinstate(id);
    return this.getUser(ctx, { user: id });
  }

  private async change(
    ctx: Ctx,
    tenantId: string,
    next: (now: TenantRow) => Standing,
  ): Promise<OperatorTenant> {
    await this.tenant.run(Object.freeze({ ...ctx, tenantId }), async (db) => {
      const [before] = await db.query<TenantRow>(LOCK_ANY_TENANT, [tenantId]);
      if (!before) throw tenantErrors.not_found();
      // Only its owner opens it again, and only until it is erased.
      if (before.status === 'closed') throw tenantErrors.closed();
      const { status, planTier, reason } = next(before);
      if (status === before.status && planTier === before.planTier && reason === before.statusReason) return;
      const [after] = await db.query<TenantRow>(SET_STANDING, [
        tenantId,
        status,
        planTier,
        reason,
        this.clock.now(),
      ]);
      assert(after, 'a locked row can be updated');
      db.emit(
        TenantUpdated,
        tenantId,
        { name: after.tenantName, status, planTier },
        { version: after.version },
      );
    });
    const [row] = await this.query<OperatorTenantRow>(FIND_TENANTS, [tenantId, null, null, 1]);
    if (!row) throw tenantErrors.not_found();
    return toTenant(row);
  }

  // People have no tenant, and a search for tenants has none yet: this is past the tenant transaction on purpose.
  private async query<R>(sql: string, params: unknown[]): Promise<R[]> {
    try {
      return await this.source.query<R[]>(sql, params);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}

function toTenant(row: OperatorTenantRow): OperatorTenant {
  return {
    ...row,
    statusChangedAt: row.statusChangedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    eraseAfter: row.eraseAfter?.toISOString() ?? null,
  };
}

function toUser(row: OperatorUserRow): OperatorUser {
  return { ...row, suspendedAt: row.suspendedAt?.toISOString() ?? null };
}
