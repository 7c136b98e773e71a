import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { statementOf } from '@leadwire/persistence';
import type { QueryConfig } from 'pg';
import { networkOf } from './network.js';
import { FORGET_NETWORKS, REMEMBER_NETWORKS } from './throttles.queries.js';
import { Throttles, type Throttle, type ThrottleRule } from './throttles.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Nobody who knows the password waits longer than this, whatever others do. */
const WAIT_MAX_SECONDS = 60;
const GROWING = { firstWaitSeconds: 1, waitMaxSeconds: WAIT_MAX_SECONDS, forgetAfterMs: HOUR_MS };

/** One account, tried from one network. */
const FROM_HERE: ThrottleRule = { name: 'log-in', free: 10, ...GROWING };
/** One account, tried from networks where nobody has logged in to it: many networks share the guesses. */
const FROM_STRANGERS: ThrottleRule = { name: 'log-in-strangers', free: 50, ...GROWING };
/** One network that tries many accounts. */
const BY_NETWORK: ThrottleRule = { name: 'log-in-network', free: 100, ...GROWING };

const KNOWN_FOR_MS = 90 * DAY_MS;
const KNOWN_NETWORKS_MAX = 20;

/** A try to log in. */
export type Guess = { email: string; clientIp: string | undefined };

/**
 * Slows down who guesses passwords, without letting a stranger keep the owner out: tries count per account and network, and
 * where the account was logged in to before, nothing that others do elsewhere counts.
 */
@Injectable()
export class PasswordGuessing {
  constructor(
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The network that a guess comes from, and since when its owner must have been there for it to be known. */
  knownBy({ clientIp }: Guess): { network: Buffer; since: Date } {
    return { network: hashOfNetwork(clientIp), since: knownSince(this.clock.now()) };
  }

  /**
   * Counts a guess before its password is looked at.
   * @param isKnown whether the owner of the account was at this network before; see {@link knownBy}
   * @returns what it was counted under, for {@link settling}
   * @throws AppError `account.slow_down`
   */
  async claim(guess: Guess, isKnown: boolean): Promise<Throttle[]> {
    const counted = isKnown ? [fromHere(guess)] : all(guess);
    await this.throttles.claim(...counted);
    return counted;
  }

  /** What takes the guess back, since it was none, and remembers the network as one of this person's. */
  settling(userId: string, { clientIp }: Guess, [here, ...others]: Throttle[]): QueryConfig[] {
    const now = this.clock.now();
    const networks = ownNetwork(userId, clientIp, now);
    const forgotten = [userId, knownSince(now), KNOWN_NETWORKS_MAX];
    return [
      statementOf(REMEMBER_NETWORKS, networks, 'remember-networks'),
      this.throttles.clearing(here as Throttle),
      // Only a network that was not known has them, and adds one to those that are.
      ...(others.length > 0
        ? [this.throttles.forgiving(others), statementOf(FORGET_NETWORKS, forgotten, 'forget-networks')]
        : []),
    ];
  }
}

function knownSince(now: Date): Date {
  return new Date(now.getTime() - KNOWN_FOR_MS);
}

function all(guess: Guess): Throttle[] {
  const network = networkOf(guess.clientIp);
  return [
    fromHere(guess),
    ...(network
      ? [
          { rule: FROM_STRANGERS, key: guess.email },
          { rule: BY_NETWORK, key: network },
        ]
      : []),
  ];
}

function fromHere({ email, clientIp }: Guess): Throttle {
  return { rule: FROM_HERE, key: `${email}|${networkOf(clientIp) ?? ''}` };
}

/**
 * The parameters of {@link REMEMBER_NETWORKS}, which takes a network as one of a person's: who logs in from it is not slowed down by what
 * others try elsewhere. For when they showed who they are, by their password or by their mailbox. No network teaches none.
 */
export function ownNetwork(userId: string, clientIp: string | undefined, now: Date): unknown[] {
  return [userId, networkOf(clientIp) ? [hashOfNetwork(clientIp)] : [], now];
}

function hashOfNetwork(clientIp: string | undefined): Buffer {
  return createHash('sha256')
    .update(`network|${networkOf(clientIp) ?? ''}`)
    .digest();
}
