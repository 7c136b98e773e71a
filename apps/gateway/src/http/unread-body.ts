import type { FastifyRequest } from 'fastify';

/**
 * Lets the rest of a body go by that nobody reads any more. Left where it is, it would stand before the client's next request on the
 * same connection, which then has no answer.
 */
export function passOver({ raw }: FastifyRequest): void {
  raw.unpipe();
  raw.resume();
}
