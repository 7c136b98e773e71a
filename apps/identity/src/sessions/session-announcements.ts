import { Inject, Injectable } from '@nestjs/common';
import { SessionEnded } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { Rounds } from '@leadwire/platform';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { REPLAY_GRACE_MS } from './refresh-judgement.js';
import { ANNOUNCE, FORGET_ANSWERS, UNANNOUNCED_PEOPLE, UNANNOUNCED_TENANTS } from './sessions.queries.js';

const PEOPLE_PER_LOOK_MAX = 100;
const ANSWERS_PER_LOOK_MAX = 1_000;
/** Clocks of replicas differ a little; nobody may lose an answer that is still excused. */
const ANSWER_KEPT_MS = 2 * REPLAY_GRACE_MS;

/**
 * Tells the world of sessions that ended outside a transaction of their own tenant. A person's sessions end in one statement,
 * whichever tenants they are in; an event belongs to one tenant, so each tenant's are told in a transaction of its own. Who
 * dies in between leaves rows that the next look finds.
 */
@Injectable()
export class SessionAnnouncements extends Rounds {
  protected readonly everyMs = 1_000;
  protected readonly trouble = 'ended sessions could not be announced';

  constructor(
    @Inject(AccountTransaction) private readonly accounts: AccountTransaction,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  /** Announces what was left behind, and forgets answers that are past their grace. */
  async round(): Promise<boolean> {
    const { alone } = this.accounts;
    const people = await alone.query<{ userId: string }>(UNANNOUNCED_PEOPLE, [PEOPLE_PER_LOOK_MAX]);
    for (const { userId } of people) await this.announce(userId);
    const before = new Date(this.clock.now().getTime() - ANSWER_KEPT_MS);
    await alone.execute(FORGET_ANSWERS, [before, ANSWERS_PER_LOOK_MAX]);
    return false;
  }

  /** Announces what ended of this person's sessions and was not announced yet. */
  async announce(userId: string): Promise<void> {
    const params = [userId];
    const tenants = await this.accounts.readAs<{ tenantId: string }>(
      userId,
      UNANNOUNCED_TENANTS,
      params,
      'unannounced-tenants',
    );
    for (const { tenantId } of tenants) {
      await this.tenant.run(systemCtx(tenantId), async (db) => {
        const ended = await db.query<{ id: string; reason: string }>(ANNOUNCE, [userId, tenantId]);
        for (const { id, reason } of ended) db.emit(SessionEnded, id, { userId, reason });
      });
    }
  }
}
