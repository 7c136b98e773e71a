import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Int, ListOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { SessionTokens } from './accounts.api.js';

/** The most sessions that one person may have open; one more ends the one unused for longest. */
export const SESSIONS_OPEN_MAX = 100;

/** One open session of the caller, in words by which they can tell whether it is theirs. */
export class OpenSession {
  @Uuid()
  id!: string;

  @Text({ max: 80, description: 'Browser and system, or program, as the device named itself.' })
  device!: string;

  @Text({ max: 45, nullable: true, description: 'The address it was last renewed from.' })
  ip!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp({ description: 'When it was last renewed; a session in use renews itself every five minutes.' })
  lastSeenAt!: string;

  @Bool({ description: 'Whether this request belongs to it.' })
  current!: boolean;
}

/** All open sessions of the caller, the one used last first. */
export class OpenSessions {
  @ListOf(() => OpenSession, { items: SESSIONS_OPEN_MAX })
  items!: OpenSession[];
}

export class SessionRef {
  @Uuid()
  sessionId!: string;
}

export class SwitchTenant {
  @Uuid({ description: "The team to go on in; one of the caller's." })
  tenantId!: string;
}

/** How many sessions ended. */
export class EndedSessions {
  @Int({ min: 0, max: SESSIONS_OPEN_MAX })
  ended!: number;
}

export interface SessionsApi {
  list(ctx: Ctx, input: Nothing): Promise<OpenSessions>;
  revoke(ctx: Ctx, input: SessionRef): Promise<void>;
  revokeOthers(ctx: Ctx, input: Nothing): Promise<EndedSessions>;
  switchTenant(ctx: Ctx, input: SwitchTenant): Promise<SessionTokens>;
}
export const sessionsApi = defineApi<SessionsApi>('identity.sessions', {
  list: { input: Nothing, output: OpenSessions, can: 'signed-in', idempotent: true },
  revoke: { input: SessionRef, can: 'signed-in' },
  revokeOthers: { input: Nothing, output: EndedSessions, can: 'signed-in', idempotent: true },
  switchTenant: { input: SwitchTenant, output: SessionTokens, can: 'signed-in' },
});
