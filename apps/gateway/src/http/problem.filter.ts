import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { AppError } from '@leadwire/kernel';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { appErrorOf, httpErrors, problemOf } from './problem.js';
import { RouteTable } from './route-table.js';

/** Answers every failure as problem+json and logs it once, with what the public is not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(RouteTable) private readonly routes: RouteTable,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const allowed = isUnroutedPath(thrown) ? this.routes.methodsAt(pathOf(request)) : [];
    const error = allowed.length > 0 ? httpErrors.method_not_allowed() : appErrorOf(thrown);
    this.log(error, request);
    // An upload or a stream that already has an answer can only be cut off.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
    const { status, headers, body } = problemOf(error, request.id);
    // As bytes, because Fastify adds a charset to text, which this media type does not have.
    void reply
      .code(status)
      .headers(headers)
      .send(Buffer.from(JSON.stringify(body)));
  }

  private log(error: AppError, { id, method, url, ctx }: FastifyRequest): void {
    const { internal, cause } = error.details;
    const line = {
      requestId: id,
      method,
      path: url.split('?')[0],
      code: error.code,
      tenantId: ctx?.tenantId || undefined,
      internal,
      err: cause,
    };
    this.logger[error.log](line, error.message);
  }
}

// Nest throws this for a path that no route has; our own not_found is about a thing behind a route.
function isUnroutedPath(thrown: unknown): boolean {
  return thrown instanceof HttpException && thrown.getStatus() === 404;
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] as string;
}
