import { Inject } from '@nestjs/common';
import {
  tenantErrors,
  tenantsApi,
  TenantUpdated,
  type Nothing,
  type Tenant,
  type TenantsApi,
  type UpdateTenant,
} from '@leadwire/contracts';
import { assert, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { toTenant, type TenantColumns } from '../accounts/standing.js';
import { FIND_TENANT, LOCK_TENANT, UPDATE_TENANT } from './tenants.queries.js';

type TenantRow = TenantColumns & { version: number };

/** The caller's own tenant; there is no way to name another. */
@Serves(tenantsApi)
export class TenantsService implements TenantsApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  /** @throws AppError `tenant.not_found` */
  async get(ctx: Ctx, _: Nothing): Promise<Tenant> {
    const [row] = await this.tenant.read<TenantRow>(ctx, FIND_TENANT, [ctx.tenantId], 'identity-tenant');
    if (!row) throw tenantErrors.not_found();
    return toTenant(row);
  }

  /**
   * Changes the given fields. What changes nothing is announced to nobody.
   * @throws AppError `tenant.not_found`
   */
  update(ctx: Ctx, input: UpdateTenant): Promise<Tenant> {
    return this.tenant.run(ctx, async (db) => {
      const [before] = await db.query<TenantRow>(LOCK_TENANT, [db.tenantId]);
      if (!before) throw tenantErrors.not_found();
      const wanted = [
        input.name?.trim() ?? before.tenantName,
        input.email === undefined ? before.tenantEmail : input.email,
        input.phone === undefined ? before.tenantPhone : input.phone,
        input.website === undefined ? before.website : input.website,
      ];
      const current = [before.tenantName, before.tenantEmail, before.tenantPhone, before.website];
      if (wanted.every((value, i) => value === current[i])) return toTenant(before);
      const [after] = await db.query<TenantRow>(UPDATE_TENANT, [db.tenantId, ...wanted]);
      assert(after, 'a locked row can be updated');
      const { tenantName: name, status, planTier, version } = after;
      db.emit(TenantUpdated, db.tenantId, { name, status, planTier }, { version });
      return toTenant(after);
    });
  }
}
