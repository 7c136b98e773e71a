import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_TOKEN, ROLE_CAPABILITIES, ROLES, type Role } from '@leadwire/contracts';
import { Clock, isUuid, requestErrors } from '@leadwire/kernel';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { Revocations } from './revocations.js';
import type { Session } from './session.js';
import { SigningKeys } from './signing-keys.js';

const REMEMBERED_MAX = 20_000;
const TOKEN_LENGTH_MAX = 4096;

/** One set per role for the life of the process: the signer of contexts recognises sets by identity. */
const CAPABILITIES_OF = new Map<Role, ReadonlySet<string>>(
  ROLES.map((role) => [role, new Set(ROLE_CAPABILITIES[role])]),
);

/** Verifies access tokens: Ed25519 only, type, issuer, audience and expiry checked; each token's signature once. */
@Injectable()
export class AccessTokens {
  private readonly remembered = new Map<string, Session>();
  private readonly keyOf: JWTVerifyGetKey;

  constructor(
    @Inject(SigningKeys) keys: SigningKeys,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.keyOf = async ({ kid }) => {
      const key = kid === undefined ? undefined : await keys.find(kid);
      if (!key) throw new errors.JWKSNoMatchingKey();
      return key;
    };
  }

  /** The session of a token that was verified before and still holds. */
  known(token: string): Session | undefined {
    const session = this.remembered.get(token);
    if (!session) return undefined;
    if (session.expiresAt > this.clock.now().getTime() && !this.revocations.refusalOf(session))
      return session;
    this.remembered.delete(token);
    return undefined;
  }

  /** @throws AppError `request.unauthenticated` | `request.unavailable` | `tenant.suspended` | `tenant.closed` */
  async verify(token: string): Promise<Session> {
    const session = this.known(token) ?? sessionIn(await this.payloadOf(token));
    this.revocations.check(session);
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(token, session);
    return session;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    if (token.length > TOKEN_LENGTH_MAX)
      throw requestErrors.unauthenticated({ internal: 'the token is too long' });
    try {
      const { payload } = await jwtVerify(token, this.keyOf, {
        algorithms: [ACCESS_TOKEN.algorithm],
        typ: ACCESS_TOKEN.type,
        issuer: ACCESS_TOKEN.issuer,
        audience: ACCESS_TOKEN.audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: this.clock.now(),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw requestErrors.unauthenticated({ internal: error.message });
      throw error;
    }
  }
}

function sessionIn({ sub, sid, tid, role, iat, exp }: JWTPayload): Session {
  const capabilities = CAPABILITIES_OF.get(role as Role);
  if (!isUuid(sub) || !isUuid(sid) || !isUuid(tid) || !capabilities) {
    throw requestErrors.unauthenticated({ internal: 'claims are missing or malformed' });
  }
  return Object.freeze({
    tenantId: tid,
    userId: sub,
    sessionId: sid,
    role: role as Role,
    capabilities,
    issuedAt: (iat as number) * 1000,
    expiresAt: (exp as number) * 1000,
  });
}
