import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SessionEnded } from '@leadwire/contracts';
import { Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import {
  judgeRefresh,
  SESSION_IDLE_MS,
  SESSION_LIFETIME_MS,
  type Judgement,
  type PresentedToken,
} from './refresh-judgement.js';
import {
  END_SESSION,
  INSERT_SESSION,
  INSERT_TOKEN,
  LOCK_BY_TOKEN,
  MOVE_ON,
  SWEEP_SESSIONS,
  SWEEP_TOKENS,
} from './sessions.queries.js';

const TOKEN_BYTES = 32;
/** How long a dead session is kept for whoever looks into what happened. */
const DEAD_SESSIONS_KEPT_MS = 30 * 86_400_000;

export type OpenedSession = { sessionId: string; refreshToken: string };
export type EndReason = 'log-out' | 'reuse-detected' | 'expired';

/** Sessions and their refresh tokens: random, one use each, stored as SHA-256 only. */
@Injectable()
export class Sessions {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /** Begins a session of a member. */
  async open(
    db: TenantDb,
    { userId, membershipId }: { userId: string; membershipId: string },
  ): Promise<OpenedSession> {
    const now = this.clock.now();
    const sessionId = newId();
    const sweepBefore = new Date(now.getTime() - DEAD_SESSIONS_KEPT_MS);
    const expiresAt = new Date(now.getTime() + SESSION_LIFETIME_MS);
    await db.execute(SWEEP_SESSIONS, [userId, sweepBefore, SESSION_IDLE_MS / 1000]);
    await db.execute(INSERT_SESSION, [sessionId, userId, membershipId, now, expiresAt]);
    return { sessionId, refreshToken: await this.newToken(db, sessionId, 0, now) };
  }

  /**
   * Exchanges a refresh token. A token that must not be used any more ends its session where that says something new, and
   * announces it; the caller answers only after the commit.
   */
  async rotate(db: TenantDb, tokenHash: Buffer): Promise<OpenedSession | { refused: Judgement }> {
    const now = this.clock.now();
    const [token] = await db.query<PresentedToken & { sessionId: string; userId: string }>(LOCK_BY_TOKEN, [
      tokenHash,
    ]);
    if (!token) return { refused: 'ended' };
    const { sessionId, userId, sessionGeneration } = token;
    const judgement = judgeRefresh(token, now);
    switch (judgement) {
      case 'rotate': {
        const generation = sessionGeneration + 1;
        await db.execute(MOVE_ON, [sessionId, generation, now]);
        await db.execute(SWEEP_TOKENS, [sessionId, new Date(now.getTime() - SESSION_IDLE_MS)]);
        return { sessionId, refreshToken: await this.newToken(db, sessionId, generation, now) };
      }
      case 'replay':
        return { sessionId, refreshToken: await this.newToken(db, sessionId, sessionGeneration, now) };
      case 'reuse-detected':
      case 'expired':
        await this.end(db, sessionId, userId, judgement);
        db.emit(SessionEnded, sessionId, { userId, reason: judgement });
        return { refused: judgement };
      case 'ended':
        return { refused: judgement };
    }
  }

  /** Ends a user's session; false when it had ended, or is not theirs. */
  async end(db: TenantDb, sessionId: string, userId: string, reason: EndReason): Promise<boolean> {
    return (await db.execute(END_SESSION, [sessionId, userId, this.clock.now(), reason])) > 0;
  }

  private async newToken(db: TenantDb, sessionId: string, generation: number, now: Date): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await db.execute(INSERT_TOKEN, [hashOfToken(token), sessionId, generation, now]);
    return token;
  }
}

/** What is stored of a refresh token. It has 256 random bits, so a fast hash is enough: there is nothing to guess. */
export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
