import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { requestErrors } from '@leadwire/kernel';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { AccessTokens } from './access-tokens.js';
import { credentialOf } from './credential.js';
import type { Session } from './session.js';

export const BEARER = 'bearer';

type Verify = (request: FastifyRequest, done: (error: unknown, session?: Session) => void) => void;

/** The shape that Passport wants of a strategy: hands the request to `verify` and reports what it said. */
class BearerTokenStrategy extends passport.Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: unknown): void {
    const outcome = this as unknown as {
      success: (session: Session) => void;
      error: (error: unknown) => void;
    };
    this.verify(request as FastifyRequest, (error, session) =>
      session ? outcome.success(session) : outcome.error(error),
    );
  }
}

/** Passport strategy for our access tokens. */
@Injectable()
export class BearerStrategy extends PassportStrategy(BearerTokenStrategy, BEARER) {
  constructor(@Inject(AccessTokens) private readonly tokens: AccessTokens) {
    super();
  }

  /** @throws AppError `request.unauthenticated` | `request.unavailable` */
  async validate(request: FastifyRequest): Promise<Session> {
    const credential = credentialOf(request);
    if (!credential) throw requestErrors.unauthenticated({ internal: 'no access token' });
    return this.tokens.verify(credential.token);
  }
}
