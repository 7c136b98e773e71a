import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 20;
/** What is still unanswered after this is cut off; a request has a shorter deadline of its own. */
const DRAIN_DEADLINE_MS = 12_000;

/** Counts the requests that have no answer yet, so that stopping can wait for them and for nothing else. */
export class RequestsUnderWay {
  private count = 0;

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (_request, reply, done) => {
      this.count++;
      // Fastify's own onResponse stays silent when the client hangs up.
      reply.raw.once('close', () => this.count--);
      done();
    });
  }

  /**
   * Waits for `closing` and closes connections once nothing is under way on any of them. Node alone would wait for ever for
   * connections that browsers open in advance and never use.
   */
  async closeConnections(server: Server, closing: Promise<void>): Promise<void> {
    const deadline = Date.now() + DRAIN_DEADLINE_MS;
    const timer = setInterval(() => {
      if (server.listening) return;
      if (this.count === 0 || Date.now() > deadline) server.closeAllConnections();
    }, LOOK_EVERY_MS);
    await closing.finally(() => clearInterval(timer));
  }
}
