import { amount } from '@leadwire/kernel';
import { EXEMPT, REVERSE_CHARGE, taxOf, type Taxed } from './tax.js';

const nobody: Taxed = { country: null, region: null, vatId: null, taxExempt: false };
const rates = [
  { name: 'VAT', percent: '19.0000', country: 'DE', region: null },
  { name: 'VAT', percent: '20.0000', country: 'AT', region: null },
  { name: 'GST', percent: '5.0000', country: 'CA', region: null },
  { name: 'PST', percent: '7.0000', country: 'CA', region: 'BC' },
];
const tax = (customer: Partial<Taxed>, subtotal = '10.01', seller = 'DE') =>
  taxOf({ subtotal: amount(subtotal), currency: 'USD' }, { ...nobody, ...customer }, seller, rates);

describe('the tax of an invoice', () => {
  it.each([
    ['at home', { country: 'DE', vatId: 'DE811569869' }, '1.90'],
    ['of who gives no country, as at home', {}, '1.90'],
    ['of a consumer elsewhere in the Union, as there', { country: 'AT' }, '2.00'],
    ['where no rate is known', { country: 'US' }, '0.00'],
    ['of two taxes, each on the subtotal', { country: 'CA', region: 'BC' }, '1.20'],
    ['of a region, only in that region', { country: 'CA', region: 'ON' }, '0.50'],
  ])('%s', (_, customer, total) => {
    const { total: sum, items, note } = tax(customer);
    expect(sum.toFixed(2)).toBe(total);
    expect(items.reduce((all, item) => all.add(item.amount), amount('0')).eq(sum)).toBe(true);
    expect(note).toBeNull();
  });

  it('is accounted for by a business elsewhere in the Union itself, and the invoice says so', () => {
    expect(tax({ country: 'AT', vatId: 'ATU13585627' })).toMatchObject({ items: [], note: REVERSE_CHARGE });
    expect(tax({ country: 'CA', vatId: 'X1' }).note).toBeNull();
    expect(tax({ country: 'AT', vatId: 'ATU13585627' }, '10', 'CA').note).toBeNull();
  });

  it('is none of who is exempt', () => {
    expect(tax({ country: 'DE', taxExempt: true })).toMatchObject({ items: [], note: EXEMPT });
  });

  it.each([
    ['0.50', '0.10'],
    ['1.50', '0.28'],
    ['0.02', '0.00'],
    ['0.03', '0.01'],
  ])('of %s is %s, rounded half to even once', (subtotal, total) =>
    expect(tax({ country: 'DE' }, subtotal).total.toFixed(2)).toBe(total),
  );
});
