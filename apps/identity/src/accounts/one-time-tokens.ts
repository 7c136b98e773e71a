import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId } from '@leadwire/kernel';
import { CONFIG } from '@leadwire/platform';
import type { SqlExecutor, SqlSession } from '@leadwire/persistence';
import type { IdentityConfig } from '../identity.config.js';
import { hashOfLinkToken, newLinkToken } from './link-token.js';

const CODE_DIGITS = 6;
/** Wrong tries after which a code is worth nothing any more: five of a million. */
const CODE_TRIES_MAX = 5;
/** Dead tokens are kept this long for whoever looks into what happened. */
const KEPT_MS = 7 * 86_400_000;

export type TokenOrder = { purpose: string; userId: string; data?: Record<string, string>; ttlMs: number };
export type RedeemedToken = { userId: string; data: Record<string, string> };
export type RedeemedCode =
  | { outcome: 'right'; data: Record<string, string> }
  | { outcome: 'wrong'; triesLeft: number }
  | { outcome: 'none' };

const INSERT = `
  INSERT INTO one_time_tokens (id, token_hash, purpose, user_id, data, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

const SWEEP = `DELETE FROM one_time_tokens WHERE user_id = $1 AND expires_at < $2`;

const OPEN = `used_at IS NULL AND expires_at > $3`;

const FIND = `
  SELECT user_id AS "userId", data
  FROM one_time_tokens
  WHERE token_hash = $1 AND purpose = $2 AND ${OPEN}`;

const REDEEM = `
  UPDATE one_time_tokens
  SET used_at = $3
  WHERE token_hash = $1 AND purpose = $2 AND ${OPEN}
  RETURNING user_id AS "userId", data`;

const REVOKE = `UPDATE one_time_tokens SET used_at = $3 WHERE user_id = $1 AND purpose = ANY ($2) AND used_at IS NULL`;

// The try is counted with the row locked, so tries sent at once cannot all be the fifth.
const TRY_CODE = `
  UPDATE one_time_tokens
  SET attempts = attempts + 1
  WHERE id = (
      SELECT id FROM one_time_tokens
      WHERE user_id = $1 AND purpose = $2 AND ${OPEN}
      ORDER BY created_at DESC
      LIMIT 1
      FOR UPDATE)
    AND attempts < $4
  RETURNING id, token_hash AS hash, attempts, data`;

const USE_CODE = `UPDATE one_time_tokens SET used_at = $2 WHERE id = $1`;

/** Links and codes that prove, once and for a while, that somebody reads an address or a phone. Only hashes are stored. */
@Injectable()
export class OneTimeTokens {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'KEY_ENCRYPTION_KEY'>,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** A new token of 256 random bits. */
  async issue(db: SqlExecutor, order: TokenOrder): Promise<string> {
    const token = newLinkToken();
    await this.insert(db, newId(), hashOfLinkToken(token), order);
    return token;
  }

  /** What a token that still works was issued for, without using it up. */
  async peek(db: SqlSession, purpose: string, token: string): Promise<RedeemedToken | undefined> {
    return (await db.query<RedeemedToken>(FIND, [hashOfLinkToken(token), purpose, this.clock.now()]))[0];
  }

  /** Uses a token up; undefined when it is unknown, used, expired or meant for something else. One of two at once gets it. */
  async redeem(db: SqlSession, purpose: string, token: string): Promise<RedeemedToken | undefined> {
    return (await db.query<RedeemedToken>(REDEEM, [hashOfLinkToken(token), purpose, this.clock.now()]))[0];
  }

  /** Makes all open tokens and codes of a person for these purposes worthless. */
  async revoke(db: SqlExecutor, userId: string, ...purposes: string[]): Promise<void> {
    await db.execute(REVOKE, [userId, purposes, this.clock.now()]);
  }

  /** A new code of six digits in place of the person's older ones. */
  async issueCode(db: SqlExecutor, order: TokenOrder): Promise<string> {
    const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
    const id = newId();
    await this.revoke(db, order.userId, order.purpose);
    await this.insert(db, id, this.hashOfCode(id, code), order);
    return code;
  }

  /**
   * Tries a code. A wrong try counts, so the caller must commit before it fails the request.
   * @returns `none` when there is no open code, or its tries are used up
   */
  async redeemCode(db: SqlSession, purpose: string, userId: string, code: string): Promise<RedeemedCode> {
    const now = this.clock.now();
    const [row] = await db.query<{
      id: string;
      hash: Buffer;
      attempts: number;
      data: Record<string, string>;
    }>(TRY_CODE, [userId, purpose, now, CODE_TRIES_MAX]);
    if (!row) return { outcome: 'none' };
    if (!timingSafeEqual(row.hash, this.hashOfCode(row.id, code)))
      return { outcome: 'wrong', triesLeft: CODE_TRIES_MAX - row.attempts };
    await db.execute(USE_CODE, [row.id, now]);
    return { outcome: 'right', data: row.data };
  }

  private async insert(db: SqlExecutor, id: string, hash: Buffer, order: TokenOrder): Promise<void> {
    const { purpose, userId, data = {}, ttlMs } = order;
    const now = this.clock.now();
    await db.execute(SWEEP, [userId, new Date(now.getTime() - KEPT_MS)]);
    const expiresAt = new Date(now.getTime() + ttlMs);
    await db.execute(INSERT, [id, hash, purpose, userId, JSON.stringify(data), expiresAt, now]);
  }

  // A million codes are hashed in a second, so the hash is keyed: who reads the table learns no code.
  private hashOfCode(id: string, code: string): Buffer {
    return createHmac('sha256', this.config.KEY_ENCRYPTION_KEY)
      .update(`one-time-code|${id}|${code}`)
      .digest();
  }
}
