import { vatIdOf } from './vat-id.js';

describe('a VAT id', () => {
  it.each([
    ['DE811569869', 'DE', 'DE811569869'],
    ['de 811.569.869', 'DE', 'DE811569869'],
    ['811569869', 'DE', 'DE811569869'],
    ['ATU13585627', 'AT', 'ATU13585627'],
    ['EL094259216', 'GR', 'EL094259216'],
    ['12-3456789', 'US', '123456789'],
  ])('%s of %s is kept as %s', (text, country, kept) => expect(vatIdOf(text, country)).toBe(kept));

  it.each([
    ['DE811569868', 'DE'],
    ['ATU13585627', 'DE'],
    ['nonsense!', 'US'],
    ['DE811569869', null],
    ['', 'US'],
  ])('%p of %p is refused', (text, country) =>
    expect(() => vatIdOf(text, country)).toThrow(expect.objectContaining({ code: 'request.invalid' })),
  );
});
