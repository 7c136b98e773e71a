import { sameClient } from './session-client.js';

describe('two requests come from one device', () => {
  const firefox = { userAgent: 'Firefox', ip: '203.0.113.7' };
  it.each([
    ['with the same agent and address', true, firefox],
    ['with another address of the same /24', true, { ...firefox, ip: '203.0.113.250' }],
    ['with the same address written as IPv6', true, { ...firefox, ip: '::ffff:203.0.113.7' }],
    ['over IPv6 once it was IPv4', true, { ...firefox, ip: '2001:db8::1' }],
    ['not from another network', false, { ...firefox, ip: '203.0.114.7' }],
    ['not with another agent', false, { ...firefox, userAgent: 'curl' }],
    ['not without an agent', false, { ip: firefox.ip }],
    ['not without an address', false, { userAgent: 'Firefox' }],
  ])('%s', (_, expected, other) => expect(sameClient(firefox, other)).toBe(expected));

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:0DB8:0001:0002::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '0:0:0:0::2', true],
  ])('at %s and %s: %s', (ip, other, expected) => expect(sameClient({ ip }, { ip: other })).toBe(expected));

  it('who say nothing of themselves, both', () => expect(sameClient({}, {})).toBe(true));
});
