import type { FastifyRequest } from 'fastify';
import { accessCookieOf } from './session-cookies.js';

/** What a request shows of who sends it, and how it came: a browser adds cookies by itself, a header is always meant. */
export type Credential = { token: string; from: 'header' | 'cookie' };

/** RFC 6750 §2.1: the token of an `Authorization: Bearer` header, else our cookie. Addresses and bodies are not read. */
export function credentialOf(request: Pick<FastifyRequest, 'headers'>): Credential | undefined {
  const bearer = bearerTokenOf(request);
  if (bearer) return { token: bearer, from: 'header' };
  const cookie = accessCookieOf(request);
  return cookie ? { token: cookie, from: 'cookie' } : undefined;
}

function bearerTokenOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const given = headers.authorization;
  if (!given || given.length < 8 || given.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return given.slice(7).trim() || undefined;
}
