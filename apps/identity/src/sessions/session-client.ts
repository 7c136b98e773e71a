import type { Ctx } from '@leadwire/kernel';

/** What a request shows of the device it comes from. */
export type SessionClient = { ip?: string | undefined; userAgent?: string | undefined };

/** The device that the caller's request came from. */
export function clientOf({ clientIp, userAgent }: Ctx): SessionClient {
  return { ip: clientIp, userAgent };
}

const USER_AGENT_MAX = 512;
const IP_MAX = 45;

/** The same, as it is kept: bounded, and null where the request did not say. */
export function keptClient({ ip, userAgent }: SessionClient): {
  ip: string | null;
  userAgent: string | null;
} {
  return { ip: ip?.slice(0, IP_MAX) ?? null, userAgent: userAgent?.slice(0, USER_AGENT_MAX) ?? null };
}

/**
 * Whether two requests plausibly come from one device: the same user agent, and the same network (IPv4 /24, IPv6 /64). Addresses
 * of different families cannot be compared and are let pass: browsers switch between them in the middle of a session (RFC 8305).
 */
export function sameClient(a: SessionClient, b: SessionClient): boolean {
  const [one, other] = [keptClient(a), keptClient(b)];
  if (one.userAgent !== other.userAgent) return false;
  if (one.ip === null || other.ip === null) return one.ip === other.ip;
  const [network, otherNetwork] = [networkOf(one.ip), networkOf(other.ip)];
  return network.family !== otherNetwork.family || network.prefix === otherNetwork.prefix;
}

function networkOf(ip: string): { family: 4 | 6; prefix: string } {
  const v4 = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip;
  if (!v4.includes(':')) return { family: 4, prefix: v4.split('.').slice(0, 3).join('.') };
  const [head = '', tail = ''] = v4.split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  while (before.length + after.length < 8) before.push('0');
  const groups = [...before, ...after].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return { family: 6, prefix: groups.join(':') };
}
