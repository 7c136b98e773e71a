import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { defineErrors } from '@leadwire/kernel';

export const outboundErrors = defineErrors('outbound', {
  host_refused: { kind: 'unprocessable', text: 'This host may not be reached from here.' },
  host_unknown: { kind: 'unprocessable', text: 'This host name does not resolve.' },
  unreachable: { kind: 'unavailable', text: 'A server outside does not answer.', log: 'warn' },
});

/** Address ranges that a host named by a tenant must never reach (IANA special-purpose registries, RFC 6890). */
const PRIVATE: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const PRIVATE_V6: [string, number][] = [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

const blocked = new BlockList();
for (const [net, bits] of PRIVATE) blocked.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of PRIVATE_V6) blocked.addSubnet(net, bits, 'ipv6');

/**
 * Resolves a host that a tenant gave us and refuses private and special addresses. Connect to the returned address, not to
 * the name: a second look-up could answer differently (DNS rebinding).
 * @throws AppError `outbound.host_refused` | `outbound.host_unknown`
 */
export async function resolvePublicHost(host: string, allowPrivate = false): Promise<string> {
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => []);
  const [first] = addresses;
  if (!first) throw outboundErrors.host_unknown({ internal: host });
  const refused = addresses.find(({ address }) =>
    blocked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  );
  if (refused && !allowPrivate)
    throw outboundErrors.host_refused({ internal: `${host} → ${refused.address}` });
  return first.address;
}
