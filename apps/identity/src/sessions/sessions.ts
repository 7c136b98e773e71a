import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { accountErrors, SessionEnded, SESSIONS_OPEN_MAX } from '@leadwire/contracts';
import { Clock, newId } from '@leadwire/kernel';
import type { TenantDb, SqlSession } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import { SESSION_IDLE_MS, SESSION_LIFETIME_MS } from './refresh-judgement.js';
import { SessionAnnouncements } from './session-announcements.js';
import { keptClient, type SessionClient } from './session-client.js';
import {
  END_SESSION,
  END_SESSIONS,
  END_SURPLUS,
  INSERT_SESSION,
  INSERT_TOKEN,
  LOCK_PERSON,
  SWEEP_SESSIONS,
} from './sessions.queries.js';

const TOKEN_BYTES = 32;
/** How long a dead session is kept for whoever looks into what happened. */
const DEAD_SESSIONS_KEPT_MS = 30 * 86_400_000;

/** The refresh token of a generation, as it leaves: only its hash is kept. */
type NewToken = { sessionId: string; refreshToken: string; generation: number; now: Date };

export type OpenedSession = { sessionId: string; refreshToken: string };
/** Why a session ended, as `SessionEnded` says it. */
export type EndReason =
  | 'log-out'
  | 'reuse-detected'
  | 'expired'
  | 'too-many'
  | 'revoked'
  | 'password-changed'
  | 'membership-removed'
  | 'user-suspended'
  | 'user-deleted';

export type OpenOptions = {
  /** The device, for the list of sessions. */
  client?: SessionClient;
  /** When the password was read that proved who this is: one changed since refuses the session. */
  provenAt?: Date;
};

export type EndAll = {
  userId: string;
  /** Only sessions in this tenant. */
  tenantId?: string | undefined;
  /** The one that goes on, e.g. the session in which the password was changed. */
  exceptSessionId?: string | undefined;
  reason: EndReason;
};

/** A session that has just ended; one of another tenant is still to be announced. */
export type EndedRow = { id: string; announced: boolean };

/** Sessions and their refresh tokens: random, one use each, stored as SHA-256 only. */
@Injectable()
export class Sessions {
  constructor(
    @Inject(AccountTransaction) private readonly accounts: AccountTransaction,
    @Inject(SessionAnnouncements) private readonly announcements: SessionAnnouncements,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Begins a session of a member.
   * @throws AppError `account.not_a_member` when they no longer are one, `account.bad_credentials` when the password changed
   */
  async open(
    db: TenantDb,
    { userId, membershipId }: { userId: string; membershipId: string },
    { client = {}, provenAt }: OpenOptions = {},
  ): Promise<OpenedSession> {
    const [person] = await db.query<{ passwordChangedAt: Date | null }>(
      LOCK_PERSON,
      [membershipId],
      'lock-person-of-session',
    );
    if (!person) throw accountErrors.not_a_member();
    if (provenAt && person.passwordChangedAt && person.passwordChangedAt > provenAt)
      throw accountErrors.bad_credentials({ internal: 'the password changed during the log-in' });
    const now = this.clock.now();
    const sessionId = newId();
    const sweepBefore = new Date(now.getTime() - DEAD_SESSIONS_KEPT_MS);
    const expiresAt = new Date(now.getTime() + SESSION_LIFETIME_MS);
    const { ip, userAgent } = keptClient(client);
    const refreshToken = newRefreshToken();
    db.atLast(SWEEP_SESSIONS, [userId, sweepBefore, SESSION_IDLE_MS / 1000], 'sweep-sessions');
    db.atLast(END_SURPLUS, [userId, SESSIONS_OPEN_MAX - 1, now], 'end-surplus-sessions');
    const session = [sessionId, userId, membershipId, now, expiresAt, userAgent, ip];
    db.atLast(INSERT_SESSION, session, 'insert-session');
    this.addToken(db, { sessionId, refreshToken, generation: 0, now });
    return { sessionId, refreshToken };
  }

  /** Adds the refresh token of a generation. */
  addToken(db: TenantDb, { sessionId, refreshToken, generation, now }: NewToken): void {
    db.atLast(INSERT_TOKEN, [hashOfToken(refreshToken), sessionId, generation, now], 'insert-refresh-token');
  }

  /** Ends one session of a person, and announces it if it is of this tenant; undefined when it had ended, or is not theirs. */
  async end(
    db: TenantDb,
    sessionId: string,
    userId: string,
    reason: EndReason,
  ): Promise<EndedRow | undefined> {
    const params = [sessionId, userId, this.clock.now(), reason, db.tenantId];
    const ended = await db.query<EndedRow>(END_SESSION, params);
    announceHere(db, userId, reason, ended);
    return ended[0];
  }

  /**
   * Ends a person's sessions in the caller's transaction, so that a change of password and what follows from it are one. The
   * events of this tenant's sessions go out with its commit, those of others within a second.
   * @returns how many ended
   */
  async endAllIn(db: TenantDb, which: EndAll): Promise<number> {
    const { userId, reason } = which;
    // Memberships elsewhere stay out of sight here: their sessions are told by SessionAnnouncements.
    const ended = await db.query<EndedRow>(END_SESSIONS, this.paramsOf(which, db.tenantId));
    announceHere(db, userId, reason, ended);
    return ended.length;
  }

  /**
   * Ends a person's sessions in a transaction without a tenant. Call {@link announce} after its commit; who dies before that
   * leaves it to {@link SessionAnnouncements}.
   */
  async endAllBeside(db: SqlSession, which: EndAll): Promise<void> {
    await db.execute(ACT_AS_USER, [which.userId]);
    await db.query(END_SESSIONS, this.paramsOf(which, null));
  }

  /** Tells the world, tenant by tenant, of this person's sessions that ended. */
  announce(userId: string): Promise<void> {
    return this.announcements.announce(userId);
  }

  /**
   * Ends a person's sessions, in all tenants unless told, in one statement; then announces them tenant by tenant.
   * @returns how many ended
   * @throws AppError `request.unavailable` when the database is away
   */
  async endAll(which: EndAll): Promise<number> {
    const { userId } = which;
    const ended = await this.accounts.runAs(userId, (db) =>
      db.query<EndedRow>(END_SESSIONS, this.paramsOf(which, null)),
    );
    await this.announcements.announce(userId);
    return ended.length;
  }

  private paramsOf({ userId, tenantId, exceptSessionId, reason }: EndAll, here: string | null): unknown[] {
    return [userId, this.clock.now(), reason, here, exceptSessionId ?? null, tenantId ?? null];
  }
}

function announceHere(db: TenantDb, userId: string, reason: EndReason, ended: readonly EndedRow[]): void {
  for (const { id, announced } of ended) if (announced) db.emit(SessionEnded, id, { userId, reason });
}

export function newRefreshToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is stored of a refresh token. It has 256 random bits, so a fast hash is enough: there is nothing to guess. */
export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
