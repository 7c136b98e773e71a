import { Inject, Injectable } from '@nestjs/common';
import { accountErrors, SessionSwitched, tenantErrors, type SessionTokens } from '@leadwire/contracts';
import { Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type SqlSession, type TenantDb } from '@leadwire/persistence';
import { actingAs } from '../accounts/acting-as.js';
import type { Standing } from '../accounts/standing.js';
import { Deliveries } from '../delivery/deliveries.js';
import { deviceOf } from './device.js';
import { LastAnswers } from './last-answer.js';
import {
  judgeRefresh,
  REPLAY_GRACE_MS,
  SESSION_IDLE_MS,
  type Judgement,
  type PresentedToken,
} from './refresh-judgement.js';
import { SessionAnswers } from './session-answers.js';
import { clientOf, keptClient, sameClient } from './session-client.js';
import { hashOfToken, newRefreshToken, Sessions } from './sessions.js';
import { LOCK_BY_TOKEN, LOCK_OPEN_SESSION, LOCK_PERSON, MOVE_ON } from './sessions.queries.js';
import { Standings } from './standings.js';

type LockedSession = Omit<PresentedToken, 'tokenGeneration' | 'tokenCreatedAt' | 'sameClient'> & {
  sessionId: string;
  userId: string;
  membershipId: string;
  lastAnswer: string | null;
  userAgent: string | null;
};
type LockedToken = LockedSession & Pick<PresentedToken, 'tokenGeneration' | 'tokenCreatedAt'>;
type Outcome = { answer: SessionTokens } | { refused: Judgement };

/** How a session goes on: each time with a new refresh token, in the same tenant or in another. */
@Injectable()
export class Renewals {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Standings) private readonly standings: Standings,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(LastAnswers) private readonly lastAnswers: LastAnswers,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Exchanges a refresh token; see {@link judgeRefresh} for what one earns.
   * @throws AppError `account.session_ended` | `tenant.suspended`
   */
  async refresh(ctx: Ctx, refreshToken: string): Promise<SessionTokens> {
    const tokenHash = hashOfToken(refreshToken);
    const outcome = await this.tenant.runFound(
      async (db) => {
        const found = await this.find(db, tokenHash);
        return { ...found, ctx: actingAs(ctx, found.standing) };
      },
      (db, { token, standing }) => this.renew(db, standing, token),
    );
    // The transaction that ends a session commits; only then may the request fail.
    if ('refused' in outcome) throw accountErrors.session_ended({ internal: outcome.refused });
    return outcome.answer;
  }

  /**
   * Goes on in another of the caller's teams. Access tokens for the team before stop working; a refresh with the token before
   * gets this very answer for a moment, so that other tabs follow.
   * @throws AppError `tenant.not_found` when it is none of theirs | `tenant.suspended` | `account.session_ended`
   */
  async switchTenant(ctx: Ctx, tenantId: string): Promise<SessionTokens> {
    const { userId, sessionId } = ctx;
    if (!userId || !sessionId)
      throw requestErrors.forbidden({ internal: 'only a session has a tenant to leave' });
    const standing = await this.standings.inTenant(userId, tenantId);
    if (!standing) throw tenantErrors.not_found();
    refuseInactive(standing);
    return this.tenant.run(actingAs(ctx, standing), async (db) => {
      const [member] = await db.query(LOCK_PERSON, [standing.membershipId]);
      if (!member) throw tenantErrors.not_found();
      const [session] = await db.query<LockedSession>(LOCK_OPEN_SESSION, [sessionId, userId]);
      if (!session) throw accountErrors.session_ended({ internal: 'ended before it could switch' });
      const now = this.clock.now();
      if (session.membershipId !== standing.membershipId)
        db.emit(SessionSwitched, sessionId, { userId, notBefore: now.toISOString() });
      // No refresh token was used here: whoever asks with one that was excused a moment ago still is.
      const isExcused = now.getTime() - session.rotatedAt.getTime() <= REPLAY_GRACE_MS;
      const excusedGeneration = isExcused ? session.excusedGeneration : session.sessionGeneration;
      return this.moveOn(db, { ...session, excusedGeneration }, standing, now);
    });
  }

  /** Locks the session of a token, and looks where its bearer belongs. */
  private async find(db: SqlSession, tokenHash: Buffer): Promise<{ token: LockedToken; standing: Standing }> {
    const [[token], standing] = await Promise.all([
      db.query<LockedToken>(LOCK_BY_TOKEN, [tokenHash], 'lock-session-by-token'),
      this.standings.ofToken(db, tokenHash),
    ]);
    if (!token || !standing)
      throw accountErrors.session_ended({ internal: token ? 'not a member' : 'unknown refresh token' });
    refuseInactive(standing);
    return { token, standing };
  }

  private async renew(db: TenantDb, standing: Standing, token: LockedToken): Promise<Outcome> {
    const { sessionId, userId, sessionGeneration, lastAnswer } = token;
    const now = this.clock.now();
    const last = this.lastAnswers.open(sessionId, sessionGeneration, lastAnswer);
    const isSame = last !== undefined && sameClient(last.client, clientOf(db.ctx));
    const judgement = judgeRefresh({ ...token, sameClient: isSame }, now);
    if (judgement === 'rotate') {
      const session = { ...token, excusedGeneration: sessionGeneration };
      return { answer: await this.moveOn(db, session, standing, now) };
    }
    if (judgement === 'replay' && last) return { answer: last.answer };
    if (judgement === 'reuse-detected' || judgement === 'expired')
      await this.sessions.end(db, sessionId, userId, judgement);
    if (judgement === 'reuse-detected') await this.tell(db, standing, token, now);
    return { refused: judgement };
  }

  // In the transaction that ends the session, so that it is told once, and surely.
  private tell(
    db: TenantDb,
    { userEmail }: Standing,
    { userAgent }: LockedSession,
    now: Date,
  ): Promise<void> {
    const data = { device: deviceOf(userAgent), when: now.toUTCString() };
    return this.deliveries.mail(db, { to: userEmail, template: 'session-reused', data });
  }

  private async moveOn(
    db: TenantDb,
    { sessionId, sessionGeneration, excusedGeneration }: LockedSession,
    standing: Standing,
    now: Date,
  ): Promise<SessionTokens> {
    const generation = sessionGeneration + 1;
    const client = clientOf(db.ctx);
    const refreshToken = newRefreshToken();
    const answer = await this.answers.of({ standing, session: { sessionId, refreshToken } });
    const sealed = this.lastAnswers.seal(sessionId, generation, { client, answer });
    const { userAgent, ip } = keptClient(client);
    const idleSince = new Date(now.getTime() - SESSION_IDLE_MS);
    const moved = [
      sessionId,
      generation,
      now,
      sealed,
      excusedGeneration,
      standing.membershipId,
      userAgent,
      ip,
      hashOfToken(refreshToken),
      idleSince,
    ];
    db.atLast(MOVE_ON, moved, 'move-session-on');
    return answer;
  }
}

function refuseInactive({ status }: Standing): void {
  if (status === 'suspended') throw tenantErrors.suspended();
  if (status !== 'active') throw accountErrors.session_ended({ internal: `the tenant is ${status}` });
}
