const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;

/** How long a refresh token waits for its use. */
export const SESSION_IDLE_MS = 14 * DAY_MS;
/** How long a session lives however much it is used. */
export const SESSION_LIFETIME_MS = 90 * DAY_MS;
/** How long the token before the newest is excused: two tabs, or an answer that got lost on its way. */
export const REPLAY_GRACE_MS = 30 * SECOND_MS;

/** A refresh token and its session, as they stand under the session's lock. */
export type PresentedToken = {
  tokenGeneration: number;
  tokenCreatedAt: Date;
  sessionGeneration: number;
  rotatedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  /** The oldest generation that may get the newest answer once more. */
  excusedGeneration: number;
  /** Whether the newest answer is still there, and whoever asks looks like the one it was given to. */
  sameClient: boolean;
};

export type Judgement = 'rotate' | 'replay' | 'reuse-detected' | 'expired' | 'ended';

/**
 * What a presented refresh token earns (RFC 9700 §4.14.2, with a grace for replays). The token of the session's own generation
 * is unused. One before it was used, but as long as it is excused no successor was, since that would have moved the session on:
 * for a moment the same client gets the newest answer once more. Anything else was stolen, from us or by us: nobody can tell, so the session
 * ends.
 */
export function judgeRefresh(token: PresentedToken, now: Date): Judgement {
  if (token.endedAt) return 'ended';
  const age = now.getTime() - token.tokenCreatedAt.getTime();
  const behind = token.sessionGeneration - token.tokenGeneration;
  if (now >= token.expiresAt || (behind === 0 && age > SESSION_IDLE_MS)) return 'expired';
  if (behind === 0) return 'rotate';
  const sinceRotation = now.getTime() - token.rotatedAt.getTime();
  const isExcused = token.tokenGeneration >= token.excusedGeneration && sinceRotation <= REPLAY_GRACE_MS;
  return isExcused && token.sameClient ? 'replay' : 'reuse-detected';
}
