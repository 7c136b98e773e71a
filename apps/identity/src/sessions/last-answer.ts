import { Inject, Injectable } from '@nestjs/common';
import type { SessionTokens } from '@leadwire/contracts';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import type { IdentityConfig } from '../identity.config.js';
import type { SessionClient } from './session-client.js';

/** What the newest rotation of a session answered, and to which device. */
export type LastAnswer = { client: SessionClient; answer: SessionTokens };

/**
 * Keeps the newest answer of a session for whoever lost it on its way. It holds tokens that work, so it is sealed, and bound to
 * the session and the generation that it began.
 */
@Injectable()
export class LastAnswers {
  private readonly box: SecretBox;

  constructor(@Inject(CONFIG) config: IdentityConfig) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  seal(sessionId: string, generation: number, last: LastAnswer): string {
    return this.box.seal(placeOf(sessionId, generation), JSON.stringify(last));
  }

  /** Undefined when there is none, or none that this generation was given. */
  open(sessionId: string, generation: number, sealed: string | null): LastAnswer | undefined {
    if (sealed === null) return undefined;
    try {
      return JSON.parse(this.box.open(placeOf(sessionId, generation), sealed)) as LastAnswer;
    } catch {
      return undefined;
    }
  }
}

/** Sessions belong to people, not to one tenant. */
const placeOf = (sessionId: string, generation: number): SecretPlace => ({
  tenantId: 'platform',
  table: 'sessions',
  column: 'last_answer',
  rowId: `${sessionId}:${generation}`,
});
