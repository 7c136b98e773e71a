import type { FastifyReply, FastifyRequest } from 'fastify';

/** `__Host-`: only this host can have set it, over TLS (or on localhost), for all its paths. */
const NAME = '__Host-lw_oidc';
/** As long as a log-in may take. */
const MAX_AGE_SECONDS = 600;
const HANDLE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The handle that binds log-ins with providers to this browser; undefined when it has none. One serves several log-ins, so that two
 * tabs do not take each other's away.
 */
export function logInHandleOf({ headers }: FastifyRequest): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=');
    if (name === NAME && HANDLE.test(value)) return value;
  }
  return undefined;
}

/** Gives the browser its handle. Lax, because the browser must show it when it comes back from the provider. */
export function keepLogInHandle(reply: FastifyReply, handle: string): void {
  void reply.header(
    'set-cookie',
    `${NAME}=${handle}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; Secure; SameSite=Lax`,
  );
}
