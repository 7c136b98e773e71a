import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** 256 random bits: nothing to guess, so a fast hash is enough for what is stored. */
export function newInvitationToken(): { token: string; hash: string } {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashOfInvitationToken(token) };
}

/** What is kept of a token. */
export function hashOfInvitationToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
