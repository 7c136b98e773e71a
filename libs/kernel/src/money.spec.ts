import { amount, moneyText } from './money.js';

describe('money', () => {
  it('adds what floats cannot', () => {
    expect(moneyText(amount('0.1').plus('0.2'))).toBe('0.300000');
  });

  it.each([
    ['0.0000005', '0.000000'],
    ['0.0000015', '0.000002'],
    ['0.0000025', '0.000002'],
    ['-0.0000015', '-0.000002'],
    ['12', '12.000000'],
  ])('rounds %s half to even, to %s', (given, text) => {
    expect(moneyText(amount(given))).toBe(text);
  });

  it('keeps every digit of the largest price times the largest quantity', () => {
    expect(amount('99999999999999.9999999999').times('99999999999999').toFixed()).toBe(
      '9999999999999899999999990000.0000000001',
    );
  });
});
