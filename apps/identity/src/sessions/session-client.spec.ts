import { sameClient } from './session-client.js';

describe('two requests come from one device', () => {
  const firefox = { userAgent: 'Firefox', ip: '203.0.113.7' };
  it.each([
    ['with the same agent and address', true, firefox],
    ['with the same agent from another network', true, { ...firefox, ip: '2001:db8::1' }],
    ['with the same agent and no address', true, { userAgent: 'Firefox' }],
    ['not with another agent', false, { ...firefox, userAgent: 'curl' }],
    ['not without an agent', false, { ip: firefox.ip }],
  ])('%s', (_, expected, other) => expect(sameClient(firefox, other)).toBe(expected));

  it('that name no agent, both', () => expect(sameClient({ ip: firefox.ip }, {})).toBe(true));

  it('with agents that differ beyond what is kept of them', () => {
    const agent = 'x'.repeat(512);
    expect(sameClient({ userAgent: `${agent}1` }, { userAgent: `${agent}2` })).toBe(true);
  });
});
