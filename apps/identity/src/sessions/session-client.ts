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
 * Whether two requests plausibly come from one device: they name the same user agent. Addresses are no part of it: whoever leaves
 * their Wi-Fi in the middle of an answer asks again from another network (ADR 8).
 */
export function sameClient(a: SessionClient, b: SessionClient): boolean {
  return keptClient(a).userAgent === keptClient(b).userAgent;
}
