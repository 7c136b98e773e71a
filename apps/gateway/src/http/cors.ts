import type { FastifyInstance } from 'fastify';
import type { Origins } from '../auth/cross-site.js';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent, x-leadwire-csrf, x-leadwire-mode, x-request-id';
const READABLE_HEADERS = 'etag, ratelimit, ratelimit-policy, retry-after, x-request-id';
/** No wildcard: `*` is a character like others to a URL. */
const ORIGIN = /^https?:\/\/[^*]+$/;
const PREFLIGHT_KEPT_SECONDS = 600;

/**
 * Reads the list of origins whose pages may use the API.
 * @throws Error for anything that is not exactly an origin: no path, no wildcard, no trailing slash
 */
export function originsOf(list: string): Origins {
  const origins = list
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  for (const origin of origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url?.origin !== origin || !ORIGIN.test(origin))
      throw new Error(`CORS_ORIGINS: "${origin}" is no origin such as https://app.example.com.`);
  }
  return new Set(origins);
}

/** Lets pages of the listed origins call us with credentials, and answers their browsers' preflights; others hear nothing. */
export function allowOrigins(fastify: FastifyInstance, origins: Origins): void {
  if (origins.size === 0) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    // Caches must not give one origin's answer to another.
    void reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin)) return done();
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-allow-credentials', 'true')
      .header('access-control-expose-headers', READABLE_HEADERS);
    if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return done();
    void reply
      .code(204)
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', REQUEST_HEADERS)
      .header('access-control-max-age', String(PREFLIGHT_KEPT_SECONDS))
      .send();
  });
}
