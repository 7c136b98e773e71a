import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { statementOf } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { networkOf } from './network.js';
import { FORGET_NETWORKS, IS_KNOWN_NETWORK, REMEMBER_NETWORKS } from './throttles.queries.js';
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
/** Asked for where there is no account, so that this takes as long. */
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** A try to log in. */
export type Guess = { email: string; userId: string | undefined; clientIp: string | undefined };

/**
 * Slows down who guesses passwords, without letting a stranger keep the owner out: tries count per account and network, and
 * where the account was logged in to before, nothing that others do elsewhere counts.
 */
@Injectable()
export class PasswordGuessing {
  constructor(
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Counts a guess before its password is looked at.
   * @returns what it was counted under, for {@link proven}
   * @throws AppError `account.slow_down`
   */
  async claim(guess: Guess): Promise<Throttle[]> {
    const counted = (await this.isKnown(guess)) ? [fromHere(guess)] : all(guess);
    await this.throttles.claim(...counted);
    return counted;
  }

  /** Takes the guess back, since it was none, and remembers the network as one of this person's. */
  async proven(guess: Guess & { userId: string }, [here, ...others]: Throttle[]): Promise<void> {
    const now = this.clock.now();
    const [news] = await this.transaction.together(
      statementOf(REMEMBER_NETWORKS, ownNetwork(guess.userId, guess.clientIp, now), 'remember-networks'),
      this.throttles.clearing(here as Throttle),
      this.throttles.forgiving(others),
    );
    if (!news?.length) return;
    const since = new Date(now.getTime() - KNOWN_FOR_MS);
    await this.transaction.alone.execute(FORGET_NETWORKS, [guess.userId, since, KNOWN_NETWORKS_MAX]);
  }

  private async isKnown({ userId, clientIp }: Guess): Promise<boolean> {
    const since = new Date(this.clock.now().getTime() - KNOWN_FOR_MS);
    const params = [userId ?? NOBODY, hashOfNetwork(clientIp), since];
    return (await this.transaction.alone.query(IS_KNOWN_NETWORK, params, 'is-known-network')).length > 0;
  }
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
