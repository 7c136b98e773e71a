import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { accountErrors, type LogIn } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { translateDatabaseError } from '@leadwire/persistence';
import type { DataSource, EntityManager } from 'typeorm';
import {
  ACT_AS_USER,
  BLOCKED_UNTIL,
  CLAIM_ATTEMPT,
  CLEAR_ATTEMPTS,
  EMAIL_TAKEN,
  FIND_CREDENTIALS,
  FIND_EMAIL,
  STANDING_FOR_LOG_IN,
  SWEEP_ATTEMPTS,
} from './accounts.queries.js';
import type { Standing } from './standing.js';

/** Tries that cost nothing but the try; from then on each one doubles the wait. */
const ATTEMPTS_FREE = 10;
/** Never a lock-out: whoever knows the password gets in within this time of the last wrong try. */
const WAIT_MAX_SECONDS = 60;
const FORGET_AFTER_MS = 3_600_000;

/**
 * What identity must know before there is a tenant: who has this address, where they belong, whose token this is, how often an
 * address was tried. All SQL outside a tenant transaction is here; everything else goes through TenantTransaction.
 */
@Injectable()
export class AccountsStore {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async emailTaken(email: string): Promise<boolean> {
    return (await this.query(EMAIL_TAKEN, [email])).length > 0;
  }

  /** Id and password hash of the active account with this address. */
  async credentialsOf(email: string): Promise<{ id: string; passwordHash: string | null } | undefined> {
    const [row] = await this.query<{ id: string; passwordHash: string | null }>(FIND_CREDENTIALS, [email]);
    return row;
  }

  /** The address of an active person. */
  async emailOf(userId: string): Promise<string | undefined> {
    const [row] = await this.query<{ email: string }>(FIND_EMAIL, [userId]);
    return row?.email;
  }

  /** The team a person logs in to; undefined when they do not belong to the one they named, or to none. */
  standingForLogIn(
    userId: string,
    { tenantId, tenantSlug }: Pick<LogIn, 'tenantId' | 'tenantSlug'>,
  ): Promise<Standing | undefined> {
    return this.transaction(async (manager) => {
      await manager.query(ACT_AS_USER, [userId]);
      const rows: Standing[] = await manager.query(STANDING_FOR_LOG_IN, [
        userId,
        tenantId ?? null,
        tenantSlug ?? null,
      ]);
      return rows[0];
    });
  }

  /**
   * Counts a log-in attempt for an address, with or without an account.
   * @throws AppError `account.slow_down` with the seconds to wait, when there were too many
   */
  async claimAttempt(email: string): Promise<void> {
    const now = this.clock.now();
    const forgotten = new Date(now.getTime() - FORGET_AFTER_MS);
    const key = hashOf(email);
    const claimed = await this.query(CLAIM_ATTEMPT, [key, now, forgotten, ATTEMPTS_FREE, WAIT_MAX_SECONDS]);
    if (claimed.length > 0) {
      await this.query(SWEEP_ATTEMPTS, [forgotten]);
      return;
    }
    const [row] = await this.query<{ blockedUntil: Date }>(BLOCKED_UNTIL, [key]);
    const waitMs = (row?.blockedUntil.getTime() ?? 0) - now.getTime();
    throw accountErrors.slow_down({ retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }

  /** Forgets the attempts of an address whose owner has shown the password. */
  async clearAttempts(email: string): Promise<void> {
    await this.query(CLEAR_ATTEMPTS, [hashOf(email)]);
  }

  private async query<R>(sql: string, params: unknown[]): Promise<R[]> {
    try {
      return await this.source.query<R[]>(sql, params);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  private async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.source.transaction(work);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
