import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, Text, Timestamp, Uuid } from '../define/fields.js';
import { ACCOUNT_PASSWORD_MAX } from './accounts.api.js';
import { Tenant, TENANT_NAME_MAX } from './tenants.api.js';

/** Closes the caller's team: meant, by an owner, and not by whoever found their computer open. */
export class CloseTeam {
  @Text({ min: 1, max: TENANT_NAME_MAX, description: "The team's name, typed once more." })
  name!: string;

  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX, description: "The caller's own, once more." })
  password!: string;
}

export class ClosedTeam {
  @Uuid()
  tenantId!: string;

  @Timestamp({ description: 'Until when an owner may restore it; then its data is erased.' })
  restorableUntil!: string;
}

/** Nobody can be signed in to a closed team, so its owner shows the password. */
export class RestoreTeam {
  @Uuid()
  tenantId!: string;

  @Email()
  email!: string;

  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX })
  password!: string;
}

export interface ClosingApi {
  close(ctx: Ctx, input: CloseTeam): Promise<ClosedTeam>;
  restore(ctx: Ctx, input: RestoreTeam): Promise<Tenant>;
}
export const closingApi = defineApi<ClosingApi>('identity.closing', {
  close: { input: CloseTeam, output: ClosedTeam, can: 'tenant.close' },
  restore: { input: RestoreTeam, output: Tenant, can: 'public' },
});
