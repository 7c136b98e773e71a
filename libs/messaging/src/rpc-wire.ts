import { AppError, newCtx, requestErrors, type Ctx, type ErrorKind, type InputError } from '@leadwire/kernel';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { CtxSigner, CtxVerifier } from '@leadwire/security';

const CTX = 'Lw-Ctx';
const REQUEST_ID = 'Lw-Request';
const DEADLINE = 'Lw-Deadline';
const IDEMPOTENCY = 'Lw-Idempotency';
const TRACEPARENT = 'Traceparent';
/** Present on replies that are errors; its value is the code. */
const ERROR = 'Lw-Error';

/** What a request carries beside its input: who asks, signed, and until when an answer is of use. */
export function requestHeaders(ctx: Ctx, signer: CtxSigner): MsgHdrs {
  const out = headers();
  out.set(CTX, signer.sign(ctx));
  out.set(REQUEST_ID, ctx.requestId);
  out.set(DEADLINE, String(ctx.deadline));
  out.set(TRACEPARENT, ctx.traceparent);
  if (ctx.idempotencyKey) out.set(IDEMPOTENCY, ctx.idempotencyKey);
  return out;
}

/** @throws AppError `request.unauthenticated` when the context is not signed by a trusted caller. */
export function ctxOf(msgHeaders: MsgHdrs | undefined, verifier: CtxVerifier): Ctx {
  const identity = verifier.verify(msgHeaders?.get(CTX));
  const idempotencyKey = msgHeaders?.get(IDEMPOTENCY);
  return newCtx({
    ...identity,
    requestId: msgHeaders?.get(REQUEST_ID) ?? '',
    traceparent: msgHeaders?.get(TRACEPARENT) ?? '',
    deadline: Number(msgHeaders?.get(DEADLINE)) || 0,
    ...(idempotencyKey ? { idempotencyKey } : {}),
  });
}

type WireError = {
  code: string;
  kind: ErrorKind;
  text: string;
  errors?: InputError[];
  extras?: Record<string, unknown>;
  retryAfterSeconds?: number;
};

/** Marks a reply as an error, whose code can be seen without reading its body. */
export function errorHeaders(error: AppError): MsgHdrs {
  const out = headers();
  out.set(ERROR, error.code);
  return out;
}

/** Whether a reply says what went wrong. */
export function isErrorReply(msgHeaders: MsgHdrs | undefined): boolean {
  return msgHeaders?.has(ERROR) ?? false;
}

/** The public part of an error; what is internal stays in the logs of the service that threw it. */
export function encodeError(error: AppError): string {
  const { errors, extras, retryAfterSeconds } = error.details;
  const wire: WireError = {
    code: error.code,
    kind: error.kind,
    text: error.message,
    errors,
    extras,
    retryAfterSeconds,
  };
  return JSON.stringify(wire);
}

/** The error that another service answered; one that cannot be read is `request.internal`. */
export function decodeError(payload: Uint8Array): AppError {
  try {
    const { code, kind, text, errors, extras, retryAfterSeconds } = JSON.parse(
      Buffer.from(payload).toString(),
    ) as WireError;
    return new AppError(code, { kind, text }, { errors, extras, retryAfterSeconds });
  } catch (cause) {
    return requestErrors.internal({ internal: 'unreadable error reply', cause });
  }
}
