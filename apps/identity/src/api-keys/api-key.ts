import type { ApiKey, ApiKeyState } from '@leadwire/contracts';

/** A key as the queries read it. */
export type ApiKeyRow = {
  id: string;
  userId: string;
  name: string;
  prefix: string;
  scopes: string[];
  ipAllow: string[];
  ratePerSecond: number | null;
  expiresAt: Date;
  overlapUntil: Date | null;
  revokedAt: Date | null;
  rotatedFrom: string | null;
  lastUsedAt: Date | null;
  createdAt: Date;
};

type Ends = Pick<ApiKeyRow, 'expiresAt' | 'overlapUntil' | 'revokedAt'>;

/** The moment from which on a key is refused. */
export function endOf({ expiresAt, overlapUntil, revokedAt }: Ends): Date {
  const ends = [expiresAt, overlapUntil, revokedAt].filter((end) => end !== null);
  return new Date(Math.min(...ends.map(Number)));
}

/** Whether the key works, and if not, why; what ended it first is told first. */
export function stateOf(row: Ends, now: Date): ApiKeyState {
  if (row.revokedAt) return 'revoked';
  if (row.overlapUntil && row.overlapUntil <= now) return 'replaced';
  if (row.expiresAt <= now) return 'expired';
  return row.overlapUntil ? 'retiring' : 'active';
}

/** As callers see it: never with its secret. */
export function toApiKey(row: ApiKeyRow, now: Date): ApiKey {
  const { id, userId, name, prefix, scopes, ipAllow, ratePerSecond, rotatedFrom } = row;
  return {
    id,
    userId,
    name,
    prefix,
    scopes,
    ipAllow,
    ratePerSecond,
    state: stateOf(row, now),
    worksUntil: endOf(row).toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    rotatedFrom,
    createdAt: row.createdAt.toISOString(),
  };
}
