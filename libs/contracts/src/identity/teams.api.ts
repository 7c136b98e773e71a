import type { Ctx } from '@leadwire/kernel';
import { ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';
import {
  Tenant,
  TENANT_NAME_MAX,
  TENANT_SLUG,
  TENANT_SLUG_MAX,
  TENANT_SLUG_MIN,
  TENANT_STATUSES,
} from './tenants.api.js';

/** A further team of somebody who has an account. */
export class CreateTeam {
  @Text({ min: 1, max: TENANT_NAME_MAX, pattern: /\S/, example: 'Acme Labs' })
  name!: string;

  @Text({
    min: TENANT_SLUG_MIN,
    max: TENANT_SLUG_MAX,
    pattern: TENANT_SLUG,
    optional: true,
    description: 'Made from the name unless given.',
  })
  slug?: string;
}

/** A team that the caller belongs to. */
export class MyTeam {
  @Uuid()
  id!: string;

  @Text({ max: TENANT_NAME_MAX })
  name!: string;

  @Text({ max: TENANT_SLUG_MAX })
  slug!: string;

  @OneOf(TENANT_STATUSES)
  status!: string;

  @OneOf(ROLES)
  role!: string;

  @Timestamp()
  joinedAt!: string;

  @Timestamp({
    nullable: true,
    description: 'Of a closed team: until when an owner may restore it; then its data is erased.',
  })
  restorableUntil!: string | null;
}

export interface TeamsApi {
  create(ctx: Ctx, input: CreateTeam): Promise<Tenant>;
  list(ctx: Ctx, input: PageRequest): Promise<Page<MyTeam>>;
}
export const teamsApi = defineApi<TeamsApi>('identity.teams', {
  create: { input: CreateTeam, output: Tenant, can: 'signed-in' },
  list: { input: PageRequest, output: pageOf(MyTeam), can: 'signed-in', idempotent: true },
});
