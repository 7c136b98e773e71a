import type { Logger, Metrics } from '@leadwire/platform';
import type { FastifyInstance } from 'fastify';

/** Counts and times every request, and logs it: failures at `info`, the rest at `debug`. */
export function observeRequests(fastify: FastifyInstance, metrics: Metrics, logger: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method } = request;
    // Unknown paths share one label, or anybody could fill our memory with them.
    const route = request.routeOptions.url ?? 'unknown';
    const { statusCode: status, elapsedTime: ms } = reply;
    metrics.http.observe({ method, route, status }, ms / 1000);
    if (logger.isLevelEnabled(status >= 400 ? 'info' : 'debug')) {
      const line = {
        requestId,
        method,
        route,
        status,
        ms: Math.round(ms * 10) / 10,
        tenantId: request.ctx?.tenantId || undefined,
      };
      logger[status >= 400 ? 'info' : 'debug'](line, 'request');
    }
    done();
  });
}
