import { isReserved, slugOf, withSuffix } from './slug.js';

describe("a tenant's slug", () => {
  it.each([
    ['Acme Demo', 'acme-demo'],
    ['Müller & Söhne GmbH', 'muller-sohne-gmbh'],
    ['  --Ünïcode--  ', 'unicode'],
    ['株式会社', 'team'],
    ['A'.repeat(120), 'a'.repeat(54)],
    [`${'a'.repeat(53)} b`, 'a'.repeat(53)],
  ])('of %j is %j', (name, slug) => expect(slugOf(name)).toBe(slug));

  it('stays an address label of at most 63 characters with a suffix', () => {
    const slug = withSuffix(slugOf('x'.repeat(120)));
    expect(slug).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    expect(slug.length).toBeLessThanOrEqual(63);
  });

  it('is none that our own addresses need', () => {
    for (const slug of ['api', 'www', 'leadwire', 'well-known']) expect(isReserved(slug)).toBe(true);
    expect(isReserved('acme')).toBe(false);
  });
});
