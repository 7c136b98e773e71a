import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** What stands in a link that is mailed: 256 random bits. */
export function newLinkToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is kept of it. There is nothing to guess, so a fast hash is enough. */
export function hashOfLinkToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
