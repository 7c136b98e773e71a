import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BODY_BYTES_MAX, newId, requestErrors } from '@leadwire/kernel';
import { RawJson } from '@leadwire/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptJsonOnly } from './json-body.js';
import { appErrorOf, problemOf } from './problem.js';

/** The whole request must have arrived by then; JSON bodies have a far shorter deadline of their own. */
const REQUEST_ARRIVES_MS = 6 * 3_600_000;
/** A connection on which nothing moves for this long is closed. Heartbeats keep event streams alive. */
const CONNECTION_IDLE_MS = 75_000;
const KEEP_ALIVE_MS = 72_000;
const PARAM_LENGTH_MAX = 128;
const FORM_FIELD_BYTES_MAX = 64 * 1024;
const FORM_FIELDS_MAX = 20;

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** Fastify with our limits; it hands the bytes of a service's answer on without reading them. */
export class GatewayAdapter extends FastifyAdapter {
  constructor(trustedProxies: string[]) {
    super({
      bodyLimit: BODY_BYTES_MAX,
      requestTimeout: REQUEST_ARRIVES_MS,
      connectionTimeout: CONNECTION_IDLE_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
      requestIdHeader: false,
      genReqId: (request: IncomingMessage) => requestIdOf(request.headers['x-request-id']),
      routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        const { status, headers, body } = problemOf(appErrorOf(error), request.id);
        void reply
          .code(status)
          .headers({ ...headers, 'x-request-id': request.id })
          .send(Buffer.from(JSON.stringify(body)));
      },
      clientErrorHandler: (_error: Error, socket: Socket) => answerUnreadable(socket),
    });
    acceptJsonOnly(this.getInstance());
  }

  /** Adds what parses uploads: one file of any size, streamed; only its form fields are kept in memory. */
  async acceptUploads(): Promise<void> {
    await this.getInstance().register(multipart, {
      throwFileSizeLimit: true,
      limits: {
        files: 1,
        fileSize: Number.MAX_SAFE_INTEGER,
        fields: FORM_FIELDS_MAX,
        fieldSize: FORM_FIELD_BYTES_MAX,
        fieldNameSize: 100,
        parts: FORM_FIELDS_MAX + 1,
        headerPairs: 20,
      },
    });
  }

  override reply(
    ...[response, body, status]: Parameters<FastifyAdapter['reply']>
  ): ReturnType<FastifyAdapter['reply']> {
    if (!(body instanceof RawJson)) return super.reply(response, body, status);
    const { buffer, byteOffset, length } = body.bytes;
    if (length === 0) return super.reply(response, undefined, status);
    (response as FastifyReply).header('content-type', 'application/json; charset=utf-8');
    return super.reply(response, Buffer.from(buffer, byteOffset, length), status);
  }
}

function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
}

// What is not HTTP never becomes a request, so it is answered on the socket itself.
function answerUnreadable(socket: Socket): void {
  if (!socket.writable || socket.destroyed) return;
  const { headers, body } = problemOf(requestErrors.malformed(), newId());
  const text = JSON.stringify(body);
  const head = { ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}

/**
 * What every answer says to browsers: answers are data, never pages or frames, are kept in no cache unless they say
 * otherwise, and come over TLS once they did. Written out
 * here instead of computed anew for each request; a page of ours sets its own policy over this one.
 */
const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Puts the headers that all answers share, and the name of the request, into the answer. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply.headers(COMMON_HEADERS).header('x-request-id', request.id);
  done();
}
