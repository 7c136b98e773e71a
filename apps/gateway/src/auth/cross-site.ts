import type { FastifyRequest } from 'fastify';
import { httpErrors } from '../http/problem.js';

/** A page of another site cannot send it without asking first (CORS), and we answer only our own. */
const CSRF_HEADER = 'x-leadwire-csrf';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export type Origins = ReadonlySet<string>;
type Incoming = Pick<FastifyRequest, 'method' | 'headers' | 'host'>;

/**
 * Refuses what another site may have made the browser send with its cookies (OWASP: fetch metadata, custom header): the header of
 * ours must be there, and browsers must say that the request comes from our own pages or from an origin on the list. Programs
 * that send cookies without being a browser say nothing of the kind; for them the header is enough.
 * @throws AppError `request.cross_site`
 */
export function refuseCrossSite({ method, headers, host }: Incoming, allowed: Origins): void {
  if (SAFE_METHODS.has(method)) return;
  if (!headers[CSRF_HEADER]) throw httpErrors.cross_site({ internal: `no ${CSRF_HEADER}` });
  const { origin } = headers;
  if (origin !== undefined && allowed.has(origin)) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw httpErrors.cross_site({ internal: `sec-fetch-site: ${String(site)}` });
  if (site === undefined && origin !== undefined && hostOf(origin) !== host)
    throw httpErrors.cross_site({ internal: `origin: ${origin}` });
}

// TLS ends before us, so the scheme that the browser saw is not known here.
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
