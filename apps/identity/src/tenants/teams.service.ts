import { createHash } from 'node:crypto';
import { Inject } from '@nestjs/common';
import {
  teamsApi,
  tenantErrors,
  type CreateTeam,
  type MyTeam,
  type Page,
  type PageRequest,
  type Role,
  type TeamsApi,
  type Tenant,
} from '@leadwire/contracts';
import { assert, newId, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import {
  Cursors,
  idempotencyErrors,
  isUniqueViolation,
  TenantTransaction,
  type TenantDb,
} from '@leadwire/persistence';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import { requirePerson } from '../accounts/re-authentication.js';
import { toTenant } from '../accounts/standing.js';
import { createOwnership, createTenant } from './new-tenant.js';
import { COUNT_OWNED_TEAMS, FIND_TENANT, LOCK_PERSON, MY_TEAMS } from './tenants.queries.js';
import type { TenantRow } from './tenants.service.js';

/** Teams that one person may own, closed ones included until they are erased. */
const OWNED_TEAMS_MAX = 20;

type MyTeamRow = {
  membershipId: string;
  id: string;
  name: string;
  slug: string;
  status: string;
  role: Role;
  joinedAt: Date;
  eraseAfter: Date | null;
};

/** The teams of a person: a further one, and all of them. */
@Serves(teamsApi)
export class TeamsService implements TeamsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  /**
   * Makes a team that the caller owns. The session stays in its team; switching is a request of its own.
   * @throws AppError `tenant.too_many` | `tenant.slug_taken` | `tenant.slug_reserved`
   */
  async create(ctx: Ctx, input: CreateTeam): Promise<Tenant> {
    const person = requirePerson(ctx);
    const inNewTenant = Object.freeze({ ...person, tenantId: idOfNewTenant(person) });
    try {
      return await this.tenant.run(inNewTenant, async (db) => {
        await requireRoom(db, person.userId);
        await createTenant(db, {
          name: input.name.trim(),
          slug: input.slug,
          ownerUserId: person.userId,
        });
        await createOwnership(db, person.userId);
        const [row] = await db.query<TenantRow>(FIND_TENANT, [db.tenantId]);
        assert(row, 'what was just made is there');
        return toTenant(row);
      });
    } catch (error) {
      // The key was remembered for a day; its team is older than that.
      throw isUniqueViolation(error, 'tenants_pkey') ? idempotencyErrors.key_reused() : error;
    }
  }

  /** In the order in which the person first joined them. */
  async list(ctx: Ctx, input: PageRequest): Promise<Page<MyTeam>> {
    const { userId } = requirePerson(ctx);
    const { after, limit } = this.cursors.read(ctx, `teams:${userId}`, input);
    const rows = await this.tenant.run(ctx, async (db) => {
      await db.query(ACT_AS_USER, [userId]);
      return db.query<MyTeamRow>(MY_TEAMS, [userId, after?.[0] ?? null, limit + 1]);
    });
    return this.cursors.page(ctx, `teams:${userId}`, input, rows, (row) => [row.membershipId], toMyTeam);
  }
}

// Two requests at once count one after the other: the person's row is locked.
async function requireRoom(db: TenantDb, userId: string): Promise<void> {
  const [person] = await db.query(LOCK_PERSON, [userId]);
  if (!person) throw requestErrors.unauthenticated({ internal: 'the person is gone' });
  await db.query(ACT_AS_USER, [userId]);
  const [count] = await db.query<{ owned: number }>(COUNT_OWNED_TEAMS, [userId]);
  if ((count?.owned ?? 0) >= OWNED_TEAMS_MAX) throw tenantErrors.too_many();
}

// Remembered answers are the tenant's, and this tenant is only being made: the same key leads to the same tenant, and so to
// its answer. A UUID of version 8 (RFC 9562 §5.8) out of a hash.
function idOfNewTenant({ userId, idempotencyKey }: Ctx & { userId: string }): string {
  if (!idempotencyKey) return newId();
  const key = idempotencyKey.split('\t', 1)[0];
  const hex = createHash('sha256').update(`team|${userId}|${key}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function toMyTeam(row: MyTeamRow): MyTeam {
  const { membershipId: _, joinedAt, eraseAfter, ...team } = row;
  return {
    ...team,
    joinedAt: joinedAt.toISOString(),
    restorableUntil: eraseAfter?.toISOString() ?? null,
  };
}
