import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type ErrorKind } from '@leadwire/kernel';
import type { Logger } from '@leadwire/platform';
import { StripeError } from './stripe/wire/stripe-error.js';
import type { FastifyReply, FastifyRequest } from 'fastify';

const STATUS: Partial<Record<ErrorKind, number>> = { invalid: 400, not_found: 404, conflict: 409 };

/** Answers every failure as problem+json (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { id } = http.getRequest<FastifyRequest>();
    const { status, code, detail, errors } = describe(error);
    if (status >= 500) this.logger.error({ err: error }, 'a request failed');
    void http
      .getResponse<FastifyReply>()
      .status(status)
      .type('application/problem+json')
      .send({
        type: 'about:blank',
        title: detail,
        status,
        code,
        requestId: id,
        ...(errors ? { errors } : {}),
      });
  }
}

type Problem = { status: number; code: string; detail: string; errors?: unknown };

function describe(error: unknown): Problem {
  if (error instanceof AppError) {
    return {
      status: STATUS[error.kind] ?? 500,
      code: error.code,
      detail: error.message,
      errors: error.details.errors,
    };
  }
  if (error instanceof StripeError) {
    return { status: error.status, code: error.body.code ?? 'request.refused', detail: error.message };
  }
  const status = statusOf(error);
  if (status === 404) return { status, code: 'request.not_found', detail: 'There is nothing here.' };
  if (status < 500) return { status, code: 'request.malformed', detail: 'The request could not be read.' };
  return { status: 500, code: 'request.internal', detail: 'Something went wrong on our side.' };
}

/** Fastify's own errors (a body that is no JSON, one that is too large) carry their status as a property. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
