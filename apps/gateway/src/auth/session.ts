import type { Role } from '@leadwire/contracts';
import { assert } from '@leadwire/kernel';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the access guard where the endpoint is not public. */
    session?: Session;
  }
}

/** Who asks, as a valid credential shows. */
export type Session = Readonly<{
  tenantId: string;
  userId: string;
  /** Null where the credential stands for no session: an API key. */
  sessionId: string | null;
  apiKeyId?: string;
  /** What an API key may sustain within its owner's share. */
  ratePerSecond?: number | null;
  role: Role;
  capabilities: ReadonlySet<string>;
  /** When the credential was given out, in epoch milliseconds: what was revoked before does not concern it. */
  issuedAt: number;
  /** When the credential ends, in epoch milliseconds. */
  expiresAt: number;
}>;

/** The session of a request that the access guard let through to an endpoint that is not public. */
export function sessionOf({ session }: FastifyRequest): Session {
  assert(session, 'the guard has set the session');
  return session;
}
