import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { requestErrors } from '@leadwire/kernel';
import { Metrics } from '@leadwire/platform';
import { hash, verify } from '@node-rs/argon2';

/** The work of one hash: KiB of memory, passes over it, lanes. */
export type PasswordCost = { memoryCost: number; timeCost: number; parallelism: number };

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
export const OWASP_COST: PasswordCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const PASSWORD_COST = Symbol('leadwire:password-cost');
/** In the library's enum. */
const ARGON2ID = 2;
/** Hashes at once: bounds memory (19 MiB each) and leaves half of libuv's four threads to files and name look-ups. */
const HASHES_AT_ONCE = 2;
/** About one second of work in line; whoever comes after is asked to try again. */
const HASHES_WAITING_MAX = 64;
const DECOY_BYTES = 24;

/** Hashes and verifies passwords, a few at a time. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly hashes;
  private readonly decoy;

  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(PASSWORD_COST) private readonly cost: PasswordCost,
  ) {
    this.hashes = metrics.counter('leadwire_password_hashes_total', 'Passwords hashed or verified.', []);
    this.decoy = this.hash(randomBytes(DECOY_BYTES).toString('base64'));
  }

  /** @throws AppError `request.unavailable` when too many hashes wait already */
  hash(password: string): Promise<string> {
    return this.inLine(() => hash(canonical(password), { algorithm: ARGON2ID, ...this.cost }));
  }

  /**
   * Whether `password` is the one that was hashed. Without a hash it is not, and finding out takes just as long, so that the
   * time tells nobody whether there is an account.
   * @throws AppError `request.unavailable` when too many hashes wait already
   */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.decoy);
    const equal = await this.inLine(() => verify(against, canonical(password)));
    return equal && passwordHash !== null && passwordHash !== undefined;
  }

  /** Whether a hash was made with other work than new ones are. */
  isOutdated(passwordHash: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.cost;
    const [, memory, time, lanes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(passwordHash) ?? [];
    return Number(memory) !== memoryCost || Number(time) !== timeCost || Number(lanes) !== parallelism;
  }

  private async inLine<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= HASHES_AT_ONCE) await this.turn();
    else this.running++;
    try {
      const done = await work();
      this.hashes.inc();
      return done;
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  // Who is woken takes over the place of who finished, so `running` stays as it is.
  private turn(): Promise<void> {
    if (this.waiting.length >= HASHES_WAITING_MAX) {
      throw requestErrors.unavailable({ internal: 'too many password hashes wait', retryAfterSeconds: 2 });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

// One password typed on two keyboards may arrive composed or decomposed (NIST SP 800-63B §3.1.1.2).
function canonical(password: string): string {
  return password.normalize('NFKC');
}
