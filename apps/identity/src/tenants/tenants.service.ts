import { Inject } from '@nestjs/common';
import {
  tenantErrors,
  tenantsApi,
  TenantUpdated,
  type Nothing,
  type TenantDetails,
  type TenantsApi,
  type UpdateTenant,
} from '@leadwire/contracts';
import { assert, Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation, TenantTransaction } from '@leadwire/persistence';
import { isReserved } from '../accounts/slug.js';
import { toTenant, type TenantColumns } from '../accounts/standing.js';
import { FIND_TENANT, LOCK_TENANT, UPDATE_TENANT } from './tenants.queries.js';

/** A team whose slug changes all the time is somebody trying names of others. */
const SLUG_CHANGE_EVERY_MS = 86_400_000;

export type TenantRow = TenantColumns & {
  metadata: Record<string, unknown>;
  version: number;
  slugChangedAt: Date | null;
  statusReason: string | null;
};

/** The caller's own tenant; there is no way to name another. */
@Serves(tenantsApi)
export class TenantsService implements TenantsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws AppError `tenant.not_found` */
  async get(ctx: Ctx, _: Nothing): Promise<TenantDetails> {
    const [row] = await this.tenant.read<TenantRow>(ctx, FIND_TENANT, [ctx.tenantId], 'identity-tenant');
    if (!row) throw tenantErrors.not_found();
    return toDetails(row);
  }

  /**
   * Changes the given fields. What changes nothing is announced to nobody.
   * @throws AppError `tenant.not_found` | `tenant.changed_meanwhile` | `tenant.slug_taken` | `tenant.slug_reserved` |
   * `tenant.slug_changed_lately`
   */
  update(ctx: Ctx, input: UpdateTenant): Promise<TenantDetails> {
    const work = this.tenant.run(ctx, async (db) => {
      const [before] = await db.query<TenantRow>(LOCK_TENANT, [db.tenantId]);
      if (!before) throw tenantErrors.not_found();
      if (input.version !== undefined && input.version !== before.version)
        throw tenantErrors.changed_meanwhile({ extras: { version: before.version } });
      const wanted = this.wanted(before, input);
      const unchanged = wanted.every((value, i) => value === currentOf(before)[i]);
      if (unchanged) return toDetails(before);
      const [after] = await db.query<TenantRow>(UPDATE_TENANT, [db.tenantId, ...wanted]);
      assert(after, 'a locked row can be updated');
      const { tenantName: name, status, planTier, version } = after;
      db.emit(TenantUpdated, db.tenantId, { name, status, planTier }, { version });
      return toDetails(after);
    });
    return work.catch((error: unknown) => {
      throw isUniqueViolation(error, 'tenants_slug_key') ? tenantErrors.slug_taken() : error;
    });
  }

  private wanted(before: TenantRow, input: UpdateTenant): unknown[] {
    const slug = input.slug ?? before.slug;
    return [
      input.name?.trim() ?? before.tenantName,
      input.email === undefined ? before.tenantEmail : input.email,
      input.phone === undefined ? before.tenantPhone : input.phone,
      input.website === undefined ? before.website : input.website,
      input.metadata === undefined ? JSON.stringify(before.metadata) : JSON.stringify(input.metadata),
      slug,
      slug === before.slug ? before.slugChangedAt : this.slugChange(before, slug),
    ];
  }

  private slugChange({ slugChangedAt }: TenantRow, slug: string): Date {
    if (isReserved(slug)) throw tenantErrors.slug_reserved();
    const now = this.clock.now();
    const waitMs = slugChangedAt ? slugChangedAt.getTime() + SLUG_CHANGE_EVERY_MS - now.getTime() : 0;
    if (waitMs > 0) throw tenantErrors.slug_changed_lately({ retryAfterSeconds: waitMs / 1000 });
    return now;
  }
}

const currentOf = (row: TenantRow): unknown[] => [
  row.tenantName,
  row.tenantEmail,
  row.tenantPhone,
  row.website,
  JSON.stringify(row.metadata),
  row.slug,
  row.slugChangedAt,
];

function toDetails(row: TenantRow): TenantDetails {
  return { ...toTenant(row), metadata: row.metadata, version: row.version };
}
