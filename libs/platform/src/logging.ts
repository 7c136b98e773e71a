import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import { traceIdOf, type Ctx } from '@leadwire/kernel';
import pino, { type Logger } from 'pino';

export type { Logger };
/** Inject the process's logger with this token. */
export const LOGGER = Symbol('leadwire:logger');

const scope = new AsyncLocalStorage<Ctx>();

/** Names of fields that never reach a log, at any depth up to three. */
const SECRET_FIELDS = [
  'password',
  'smtpPassword',
  'smtp_password',
  'passwordHash',
  'accessToken',
  'refreshToken',
  'token',
  'authorization',
  'cookie',
  'secret',
  'key',
  'privateKey',
  'clientSecret',
];

/** JSON lines on stdout; each carries request, tenant and trace of the request it belongs to. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    serializers: { err: pino.stdSerializers.err },
    mixin() {
      const ctx = scope.getStore();
      if (!ctx) return {};
      const { requestId, tenantId, userId, traceparent } = ctx;
      return {
        requestId,
        tenantId: tenantId || undefined,
        userId: userId ?? undefined,
        traceId: traceIdOf(traceparent),
      };
    },
  });
}

/** Runs `work` so that every line it logs names its request. */
export function inLogScope<T>(ctx: Ctx, work: () => T): T {
  return scope.run(ctx, work);
}

/** Nest's own lines, in our format. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const err = message instanceof Error ? message : undefined;
    this.logger.error({ err, detail: rest }, err ? err.message : String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }

  fatal(message: unknown, context?: string): void {
    this.logger.fatal({ context }, String(message));
  }
}
