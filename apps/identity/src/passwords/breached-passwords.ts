import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import { pwnedPasswordRange } from 'hibp';
import type { IdentityConfig } from '../identity.config.js';

const TIMEOUT_MS = 2_000;
const PREFIX_LENGTH = 5;

/** Knows passwords that became public. */
export abstract class BreachedPasswords {
  /** Whether a password is known to be public; false where nobody can be asked. */
  abstract has(password: string): Promise<boolean>;
}

/**
 * The range API of Have I Been Pwned, or a copy of it: five of the forty digits of the password's SHA-1 leave the house, padded
 * answers hide how many were found. Off without an address. A service that is away must not keep people from signing up.
 */
@Injectable()
export class RangeBreachedPasswords extends BreachedPasswords {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'BREACHED_PASSWORDS_URL'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  async has(password: string): Promise<boolean> {
    const baseUrl = this.config.BREACHED_PASSWORDS_URL;
    if (!baseUrl) return false;
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const found = await pwnedPasswordRange(hash.slice(0, PREFIX_LENGTH), {
        baseUrl,
        addPadding: true,
        timeoutMs: TIMEOUT_MS,
      });
      return (found[hash.slice(PREFIX_LENGTH)] ?? 0) > 0;
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      this.logger.warn({ reason }, 'breached passwords could not be asked; the password was let pass');
      return false;
    }
  }
}
