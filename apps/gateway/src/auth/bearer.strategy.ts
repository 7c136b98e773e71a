import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { requestErrors } from '@leadwire/kernel';
import passport from 'passport';
import { AccessTokens } from './access-tokens.js';
import type { Session } from './session.js';

export const BEARER = 'bearer';

export type BearerRequest = { headers: { authorization?: string } };
type Verify = (request: BearerRequest, done: (error: unknown, session?: Session) => void) => void;

/** RFC 6750 §2.1: the token of an `Authorization: Bearer` header. Tokens in addresses or bodies are not read. */
export function bearerTokenOf({ headers }: BearerRequest): string | undefined {
  const given = headers.authorization;
  if (!given || given.length < 8 || given.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return given.slice(7).trim() || undefined;
}

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
    this.verify(request as BearerRequest, (error, session) =>
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
  async validate(request: BearerRequest): Promise<Session> {
    const token = bearerTokenOf(request);
    if (!token) throw requestErrors.unauthenticated({ internal: 'no bearer token' });
    return this.tokens.verify(token);
  }
}
