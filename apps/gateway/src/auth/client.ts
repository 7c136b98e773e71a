import { USER_AGENT_LENGTH_MAX, type Ctx } from '@leadwire/kernel';
import type { FastifyRequest } from 'fastify';

/** An IPv4 address as a socket for both families shows it. */
const MAPPED_V4 = '::ffff:';

/**
 * Where a request came from. The address is the connection's own unless TRUST_PROXY names that peer: only then is its
 * X-Forwarded-For believed.
 */
export function clientOf(
  request: Pick<FastifyRequest, 'ip' | 'headers'>,
): Pick<Ctx, 'clientIp' | 'userAgent'> {
  const { ip, headers } = request;
  return {
    clientIp: ip.startsWith(MAPPED_V4) ? ip.slice(MAPPED_V4.length) : ip,
    ...(headers['user-agent'] ? { userAgent: headers['user-agent'].slice(0, USER_AGENT_LENGTH_MAX) } : {}),
  };
}
