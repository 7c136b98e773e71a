import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { useAgent } from 'request-filtering-agent';
import { outboundErrors } from './outbound-host.js';

/** A request to somebody else's server, in the words of `fetch` that its callers use. */
export type OutboundRequest = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams | null;
  /** Ends the request early; the limit of time holds in any case. */
  signal?: AbortSignal;
};
export type OutboundFetch = (url: string | URL, request?: OutboundRequest) => Promise<Response>;

export type OutboundLimits = {
  /** From the look-up of the name to the last byte of the answer. */
  timeoutMs: number;
  /** Of the answer's body. */
  bytesMax: number;
  /** Allows loopback and private addresses, and plain http: development and tests only. */
  allowPrivate?: boolean;
};

const BODILESS = new Set([101, 204, 205, 304]);

/**
 * A `fetch` for servers that we do not run. The address that is really connected to is checked, not only the name, so neither an
 * IP literal in any spelling nor a second look-up (DNS rebinding) leads inside; redirects are answered as they are, never
 * followed; time and size are bounded, and the answer is whole when it is returned.
 * The returned function throws AppError `outbound.host_refused` | `outbound.unreachable`.
 */
export function outboundFetch({ timeoutMs, bytesMax, allowPrivate = false }: OutboundLimits): OutboundFetch {
  const guard = { allowPrivateIPAddress: allowPrivate, allowMetaIPAddress: false, keepAlive: false };
  return async (target, { signal, ...request } = {}) => {
    const url = new URL(target);
    if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:'))
      throw outboundErrors.host_refused({ internal: `${url.protocol} is not spoken to ${url.host}` });
    const limit = AbortSignal.timeout(timeoutMs);
    const options = {
      method: request.method ?? 'GET',
      // An answer that unpacks to a thousand times its size would pass the limit.
      headers: { ...request.headers, 'accept-encoding': 'identity' },
      agent: useAgent(url.href, guard),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    };
    try {
      return await exchange(url, options, request.body ?? null, bytesMax);
    } catch (cause) {
      throw failureOf(cause, url);
    }
  };
}

function exchange(
  url: URL,
  options: RequestOptions,
  body: string | URLSearchParams | null,
  bytesMax: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, options, (answer) => {
      bytesOf(answer, bytesMax).then((bytes) => resolve(responseOf(answer, bytes)), reject);
    });
    request.on('error', reject);
    if (body === null) request.end();
    else {
      const text = String(body);
      request.setHeader('content-length', Buffer.byteLength(text));
      request.end(text);
    }
  });
}

async function bytesOf(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop early destroys the connection, so what is still to come is not read.
    if (size > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function responseOf(answer: IncomingMessage, bytes: Buffer): Response {
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 599) throw new Error(`status ${status} is none`);
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return new Response(BODILESS.has(status) ? null : new Uint8Array(bytes), { status, headers });
}

function failureOf(cause: unknown, { host }: URL): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  // The agent has no class for its refusals, only this text.
  if (/is not allowed\. Because/.test(message)) return outboundErrors.host_refused({ internal: message });
  return outboundErrors.unreachable({ internal: `${host}: ${message}` });
}
