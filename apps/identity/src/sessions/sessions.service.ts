import { Inject } from '@nestjs/common';
import {
  sessionErrors,
  SESSIONS_OPEN_MAX,
  sessionsApi,
  type EndedSessions,
  type Nothing,
  type OpenSessions,
  type SessionRef,
  type SessionsApi,
  type SessionTokens,
  type SwitchTenant,
} from '@leadwire/contracts';
import { Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { deviceOf } from './device.js';
import { SESSION_IDLE_MS } from './refresh-judgement.js';
import { Renewals } from './renewals.js';
import { SessionAnnouncements } from './session-announcements.js';
import { Sessions } from './sessions.js';
import { OPEN_SESSIONS } from './sessions.queries.js';

type OpenRow = {
  id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: Date;
  lastSeenAt: Date;
};

/** A person's own sessions, in whatever teams they are: seen, ended, moved to another team. */
@Serves(sessionsApi)
export class SessionsService implements SessionsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnnouncements) private readonly announcements: SessionAnnouncements,
    @Inject(Renewals) private readonly renewals: Renewals,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, _: Nothing): Promise<OpenSessions> {
    const { userId, sessionId } = personOf(ctx);
    const now = this.clock.now();
    const idleSince = new Date(now.getTime() - SESSION_IDLE_MS);
    const params = [userId, now, idleSince, SESSIONS_OPEN_MAX];
    const rows = await this.tenant.read<OpenRow>(ctx, OPEN_SESSIONS, params, 'identity-open-sessions');
    const items = rows.map(({ id, userAgent, ip, createdAt, lastSeenAt }) => ({
      id,
      device: deviceOf(userAgent),
      ip,
      createdAt: createdAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
      current: id === sessionId,
    }));
    return { items };
  }

  /**
   * Ends one session of the caller; their own one, too.
   * @throws AppError `session.not_found` when it is not open, or not theirs
   */
  async revoke(ctx: Ctx, { sessionId }: SessionRef): Promise<void> {
    const { userId } = personOf(ctx);
    const elsewhere = await this.tenant.run(ctx, async (db) => {
      const ended = await this.sessions.end(db, sessionId, userId, 'revoked');
      if (!ended) throw sessionErrors.not_found();
      return !ended.announced;
    });
    if (elsewhere) await this.announcements.announce(userId);
  }

  /** Ends all sessions of the caller but this one, in all teams. */
  async revokeOthers(ctx: Ctx, _: Nothing): Promise<EndedSessions> {
    const { userId, sessionId } = personOf(ctx);
    return { ended: await this.sessions.endAll({ userId, exceptSessionId: sessionId, reason: 'revoked' }) };
  }

  /** @throws AppError `tenant.not_found` | `tenant.suspended` | `account.session_ended` */
  switchTenant(ctx: Ctx, { tenantId }: SwitchTenant): Promise<SessionTokens> {
    return this.renewals.switchTenant(ctx, tenantId);
  }
}

// An API key stands for its owner's work, not for the owner: it neither sees nor ends their sessions.
function personOf({ userId, sessionId }: Ctx): { userId: string; sessionId: string } {
  if (!userId || !sessionId) throw requestErrors.forbidden({ internal: 'the caller has no session' });
  return { userId, sessionId };
}
