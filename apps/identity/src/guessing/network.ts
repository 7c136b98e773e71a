import { isIP } from 'node:net';

const GROUPS = 8;

/**
 * The network that an address belongs to, as one who moves inside it costs nothing: the /24 of IPv4, the /64 of IPv6 (a household's
 * usual share). Undefined for an address of this machine and for none: behind it may be anybody, e.g. a proxy that TRUST_PROXY
 * does not name.
 */
export function networkOf(address: string | undefined): string | undefined {
  const kind = isIP(address ?? '');
  if (!address || kind === 0 || address === '::1' || address.startsWith('127.')) return undefined;
  if (kind === 4) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  while (before.length + after.length < GROUPS) before.push('0');
  const prefix = [...before, ...after].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
