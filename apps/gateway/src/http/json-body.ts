import { createHash } from 'node:crypto';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX, requestErrors, type AppError } from '@leadwire/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { httpErrors } from './problem.js';
import { API_PREFIX } from './route-table.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the JSON body as it came, when the request carries an Idempotency-Key. */
    bodyHash?: string;
  }
}

/** A body that takes longer to arrive than this is an attack or a dead connection. */
const BODY_DEADLINE_MS = 20_000;
/** RFC 8259 §8.1 knows no other, so whoever names another means bytes that we would misread. */
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;
/** What comes here is signed over its bytes, so it stays bytes until who knows the secret has seen it. */
const SIGNED_BODIES = `/${API_PREFIX}/webhooks/`;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON in UTF-8 is the only body we read; anything else is 415. Webhooks are not read here at all. Nesting is bounded before parsing, and keys that would
 * reach a prototype are refused.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parseSafely = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    (request, body, done) => {
      if (request.url.startsWith(SIGNED_BODIES)) return done(null, body);
      try {
        const text = readText(request, body as Buffer);
        if (text === '') done(null, undefined);
        else
          void parseSafely(request, text, (error, value) =>
            error ? done(notJson(error)) : done(null, value),
          );
      } catch (error) {
        done(error as Error);
      }
    },
  );
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (request.headers['content-type']?.toLowerCase().startsWith('application/json')) {
      const timer = setTimeout(() => request.raw.destroy(), BODY_DEADLINE_MS);
      payload.once('end', () => clearTimeout(timer));
      // A refused body is never read to its end, and its connection goes on to serve others.
      reply.raw.once('close', () => clearTimeout(timer));
    }
    done(null, payload);
  });
}

function readText(request: FastifyRequest, body: Buffer): string {
  if (request.headers['content-encoding'])
    throw httpErrors.unsupported_media({ internal: 'compressed body' });
  if (OTHER_CHARSET.test(request.headers['content-type'] ?? ''))
    throw httpErrors.unsupported_media({ internal: 'another charset than UTF-8' });
  if (request.headers['idempotency-key'])
    request.bodyHash = createHash('sha256').update(body).digest('base64url');
  refuseDeep(body);
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw notJson(cause);
  }
}

function notJson(cause: unknown): AppError {
  return requestErrors.malformed({
    cause,
    errors: [{ pointer: '', code: 'json', detail: 'is not acceptable JSON' }],
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// On the bytes, so that a hostile body never becomes a tree of a million nodes. All structural characters are ASCII.
function refuseDeep(body: Buffer): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > JSON_DEPTH_MAX) {
        throw requestErrors.malformed({
          errors: [{ pointer: '', code: 'depth', detail: `is nested deeper than ${JSON_DEPTH_MAX} levels` }],
        });
      }
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}
