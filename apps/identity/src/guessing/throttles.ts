import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { statementOf, type SqlSession } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import type { QueryConfig } from 'pg';
import { CLAIM_TRIES, CLEAR_TRIES, FORGIVE_TRY, SWEEP_TRIES, WAITING_UNTIL } from './throttles.queries.js';

/** One try in so many sweeps what is forgotten. */
const SWEEP_SHARE = 1 / 8;

/** How often something may be tried before it takes patience; never a lock-out. */
export type ThrottleRule = {
  name: string;
  /** Tries before the first wait. */
  free: number;
  firstWaitSeconds: number;
  waitMaxSeconds: number;
  /** How long after the last try all are forgotten. */
  forgetAfterMs: number;
};
/** A rule, and whom it counts for here: an address, a person, a network. */
export type Throttle = { rule: ThrottleRule; key: string };

/** Growing waits between tries, counted for all replicas together. Keys are hashed: who tried what is not collected here. */
@Injectable()
export class Throttles {
  constructor(
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Counts a try under all of them, whatever becomes of it.
   * @throws AppError `account.slow_down` with the seconds to wait; then nothing is counted
   */
  async claim(...throttles: Throttle[]): Promise<void> {
    refuse(await this.tryToClaim(...throttles));
  }

  /** {@link claim} in the caller's transaction: what is rolled back, or answered from memory, was no try. */
  async claimIn(db: SqlSession, ...throttles: Throttle[]): Promise<void> {
    refuse(await this.waitSeconds(db, throttles));
  }

  /** Counts a try, or says how many seconds are still to wait. */
  async tryToClaim(...throttles: Throttle[]): Promise<number> {
    if (throttles.length === 0) return 0;
    return this.waitSeconds(this.transaction.alone, throttles);
  }

  /** What takes the last try back under each of these. */
  forgiving(throttles: readonly Throttle[]): QueryConfig {
    return statementOf(FORGIVE_TRY, [throttles.map(hashOf), this.clock.now()], 'forgive-tries');
  }

  /** What forgets all tries. */
  clearing(throttle: Throttle): QueryConfig {
    return statementOf(CLEAR_TRIES, [hashOf(throttle)], 'clear-tries');
  }

  private async waitSeconds(db: SqlSession, throttles: readonly Throttle[]): Promise<number> {
    const now = this.clock.now();
    const sorted = throttles
      .map(({ rule, key }) => ({ ...rule, hash: hashOf({ rule, key }) }))
      .sort((a, b) => Buffer.compare(a.hash, b.hash));
    const hashes = sorted.map(({ hash }) => hash);
    const tries = [
      hashes,
      sorted.map(({ free }) => free),
      sorted.map(({ firstWaitSeconds }) => firstWaitSeconds),
      sorted.map(({ waitMaxSeconds }) => waitMaxSeconds),
      sorted.map(({ forgetAfterMs }) => new Date(now.getTime() + forgetAfterMs)),
      now,
    ];
    const claimed = await db.query(CLAIM_TRIES, tries, 'claim-tries');
    if (claimed.length === throttles.length) {
      if (Math.random() < SWEEP_SHARE) await db.execute(SWEEP_TRIES, [now]);
      return 0;
    }
    const [row] = await db.query<{ until: Date | null }>(WAITING_UNTIL, [hashes]);
    return Math.max(1, Math.ceil(((row?.until?.getTime() ?? 0) - now.getTime()) / 1000));
  }
}

function refuse(waitSeconds: number): void {
  if (waitSeconds > 0) throw accountErrors.slow_down({ retryAfterSeconds: waitSeconds });
}

function hashOf({ rule, key }: Throttle): Buffer {
  return createHash('sha256').update(`${rule.name}|${key}`).digest();
}
