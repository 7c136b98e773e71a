import { Inject, Injectable } from '@nestjs/common';
import type { SessionTokens } from '@leadwire/contracts';
import { toTenant, toUser, type Standing } from '../accounts/standing.js';
import { SigningKeys } from '../keys/signing-keys.js';
import type { OpenedSession } from './sessions.js';

/** A session that has begun or gone on, and whose it is. */
export type Opened = { standing: Standing; session: OpenedSession };

/** What everybody gets who begins or renews a session, whatever way they came. */
@Injectable()
export class SessionAnswers {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  /** Signs the access token. */
  async of({ standing, session }: Opened): Promise<SessionTokens> {
    return {
      ...(await this.keys.sign({
        sub: standing.userId,
        sid: session.sessionId,
        tid: standing.tenantId,
        role: standing.role,
      })),
      refreshToken: session.refreshToken,
      user: toUser(standing),
      tenant: toTenant(standing),
      role: standing.role,
    };
  }
}
