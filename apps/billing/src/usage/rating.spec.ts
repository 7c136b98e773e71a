import { priceAt, rate, type PriceRow } from './rating.js';

const price = (id: string, over: Partial<PriceRow> = {}): PriceRow => ({
  id,
  own: false,
  category: 'email',
  provider: 'smtp',
  model: null,
  unit: 'message',
  unitPrice: '0.0010000000',
  effectiveFrom: new Date('2020-01-01T00:00:00Z'),
  effectiveTo: null,
  ...over,
});
const JUNE = new Date('2026-06-01T00:00:00Z');

describe('the price of a moment', () => {
  const before = price('before', { effectiveTo: JUNE });
  const after = price('after', { effectiveFrom: JUNE });

  it('changes exactly at the start of the new validity', () => {
    expect(priceAt([before, after], new Date(JUNE.getTime() - 1))?.id).toBe('before');
    expect(priceAt([before, after], JUNE)?.id).toBe('after');
  });

  it("is the tenant's own where it has one, and the general one otherwise", () => {
    const own = price('own', {
      own: true,
      effectiveFrom: JUNE,
      effectiveTo: new Date('2026-07-01T00:00:00Z'),
    });
    expect(priceAt([after, own], JUNE)?.id).toBe('own');
    expect(priceAt([after, own], new Date('2026-07-01T00:00:00Z'))?.id).toBe('after');
  });

  it('is missing before the first validity', () => {
    expect(() => rate([after], '1', new Date('2026-05-31T23:59:59Z'))).toThrow(
      expect.objectContaining({ code: 'price.missing' }),
    );
  });
});

describe('the cost of a use', () => {
  it.each([
    ['0.0010000000', '1', '0.001000'],
    ['0.0000005000', '1', '0.000000'],
    ['0.0000015000', '1', '0.000002'],
    ['0.0000025000', '1', '0.000002'],
    ['0.1000000000', '3', '0.300000'],
    ['0.0000000001', '12345678901234', '1234.567890'],
  ])('at %s for %s is %s: exact, half to even', (unitPrice, quantity, cost) => {
    expect(rate([price('p', { unitPrice })], quantity, JUNE)).toMatchObject({
      cost,
      priceId: 'p',
      unitPrice,
      quantity,
    });
  });
});
