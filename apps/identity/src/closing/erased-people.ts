import { Inject, Injectable } from '@nestjs/common';
import { assert, Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import {
  COLUMNS_OF_USERS,
  LOCK_USER,
  OTHER_TEAMS,
  PEOPLE_OF_TEAM,
  TABLES_OF_PEOPLE,
} from './closing.queries.js';

const PEOPLE_PER_PAGE = 200;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';
/** Reserved for names that never exist (RFC 2606): nobody can ever be written to there. */
const NOBODYS_DOMAIN = 'erased.invalid';

/**
 * Erases people whose last team is erased. Their row stays with nothing in it but its id, because rows of other teams they were once
 * in may name it; all else that points at them and belongs to no team is deleted.
 */
@Injectable()
export class ErasedPeople {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Everybody of the team who belongs to no other; `forget` does what the database cannot, before the row is emptied. */
  async eraseOf(tenantId: string, forget: (userId: string) => Promise<void>): Promise<void> {
    const ctx = systemCtx(tenantId);
    let after = BEFORE_ALL;
    for (;;) {
      const people = await this.tenant.read<{ id: string }>(ctx, PEOPLE_OF_TEAM, [
        tenantId,
        after,
        PEOPLE_PER_PAGE,
      ]);
      for (const { id } of people) {
        const erased = await this.tenant.run(ctx, (db) => this.eraseUnlessNeeded(db, id));
        if (erased) await forget(id);
      }
      const last = people.at(-1);
      if (!last || people.length < PEOPLE_PER_PAGE) return;
      after = last.id;
    }
  }

  private async eraseUnlessNeeded(db: TenantDb, userId: string): Promise<boolean> {
    const [person] = await db.query(LOCK_USER, [userId]);
    // Emptied by a try that died before its files were gone: those are still to be removed.
    if (!person) return true;
    await db.query(ACT_AS_USER, [userId]);
    const others = await db.query(OTHER_TEAMS, [userId, db.tenantId]);
    if (others.length > 0) return false;
    const tables = await db.query<{ name: string; column: string }>(TABLES_OF_PEOPLE);
    for (const { name, column } of tables)
      await db.execute(`DELETE FROM ${name} WHERE ${column} = $1`, [userId]);
    const columns = await db.query<{ name: string }>(COLUMNS_OF_USERS);
    assert(columns.length > 0, 'users have more than an id');
    const emptied = columns.map(({ name }) => `${name} = DEFAULT`).join(', ');
    await db.execute(
      `UPDATE users SET ${emptied}, email = $2, is_active = false, deleted_at = $3 WHERE id = $1`,
      [userId, `${userId}@${NOBODYS_DOMAIN}`, this.clock.now()],
    );
    return true;
  }
}
