import type { FastifyReply, FastifyRequest } from 'fastify';

/** `__Host-`: only this very host can have set it, over TLS (or on localhost), for all its paths. */
const ACCESS = '__Host-lw_session';
const REFRESH = '__Host-lw_refresh';
/** As long as an unused refresh token works; the browser need not keep it longer. */
const REFRESH_MAX_AGE_SECONDS = 14 * 86_400;
/** Tokens are base64url, and a JWT has dots; anything else is none of ours. */
const TOKEN = /^[A-Za-z0-9._-]{1,4096}$/;

/** The access token that a browser keeps for us. */
export function accessCookieOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  return cookieOf(request, ACCESS);
}

/** The refresh token that a browser keeps for us. */
export function refreshCookieOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  return cookieOf(request, REFRESH);
}

export type KeptTokens = { accessToken: string; refreshToken: string; expiresInSeconds: number };

/** Gives the tokens to the browser where no script can read them, and where no other site's request takes them along. */
export function keepTokens(
  reply: FastifyReply,
  { accessToken, refreshToken, expiresInSeconds }: KeptTokens,
): void {
  setCookie(reply, ACCESS, accessToken, expiresInSeconds);
  setCookie(reply, REFRESH, refreshToken, REFRESH_MAX_AGE_SECONDS);
}

/** Takes them away again, where there are any. */
export function dropTokens(request: FastifyRequest, reply: FastifyReply): void {
  if (accessCookieOf(request) === undefined && refreshCookieOf(request) === undefined) return;
  setCookie(reply, ACCESS, '', 0);
  setCookie(reply, REFRESH, '', 0);
}

function setCookie(reply: FastifyReply, name: string, value: string, maxAgeSeconds: number): void {
  void reply.header(
    'set-cookie',
    `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=Strict`,
  );
}

function cookieOf({ headers }: Pick<FastifyRequest, 'headers'>, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return TOKEN.test(value) ? value : undefined;
  }
  return undefined;
}
