import { randomFillSync } from 'node:crypto';

/** W3C Trace Context, version 00: `00-<trace id>-<parent span id>-<flags>` (https://www.w3.org/TR/trace-context/). */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

const pool = Buffer.alloc(4096);
let used = pool.length;

// One call into the kernel for hundreds of spans: each request needs one, and the call costs more than the bytes.
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

/** Continues the caller's trace with a span of our own, or starts a new trace when the header is absent or malformed. */
export function continueTrace(traceparent?: string): string {
  const trace = (traceparent && TRACEPARENT.exec(traceparent)?.[1]) || randomHex(16);
  return `00-${trace}-${randomHex(8)}-01`;
}

/** The trace id in a W3C `traceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
