import { amount, roundToMinorUnit, type Amount } from '@leadwire/kernel';

/** ISO 3166 codes of the members of the European Union, whose businesses account for VAT among themselves. */
const EUROPEAN_UNION = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);

export const REVERSE_CHARGE =
  'Reverse charge: VAT is to be accounted for by the recipient (Article 196 of Directive 2006/112/EC).';
export const EXEMPT = 'The recipient is exempt from tax.';
export const TAXED_WHEN_USED =
  'Credit is a multi-purpose voucher: tax is due when it is used (Article 30b of Directive 2006/112/EC).';

export type Taxed = {
  country: string | null;
  region: string | null;
  vatId: string | null;
  taxExempt: boolean;
};
export type TaxRate = {
  name: string;
  /** In percent, e.g. `19.0000`. */
  percent: string;
  country: string;
  region: string | null;
};
/** One tax of an invoice; `base` and `amount` in its currency. */
export type TaxItem = { name: string; percent: string; base: string; amount: string };
export type Tax = { total: Amount; items: TaxItem[]; note: string | null };

/** Where a customer is taxed: where they are, and where they do not say, where the seller is. */
export function taxCountry(customer: Pick<Taxed, 'country'>, sellerCountry: string): string {
  return customer.country ?? sellerCountry;
}

/**
 * The taxes of a subtotal: each rate that is valid where the customer is, on the whole subtotal, rounded once, half to even, to the
 * minor unit. Businesses of another country of the European Union account for it themselves.
 */
export function taxOf(
  { subtotal, currency }: { subtotal: Amount; currency: string },
  customer: Taxed,
  sellerCountry: string,
  rates: TaxRate[],
): Tax {
  const untaxed = exemption(customer, sellerCountry);
  if (untaxed) return { total: amount('0'), items: [], note: untaxed };
  const country = taxCountry(customer, sellerCountry);
  const region = customer.country === null ? null : customer.region;
  const items = rates
    .filter((rate) => rate.country === country && (rate.region === null || rate.region === region))
    .map(({ name, percent }) => ({
      name,
      percent,
      base: subtotal.toFixed(6),
      amount: roundToMinorUnit(subtotal.mul(percent).div(100), currency).toFixed(6),
    }));
  return { total: items.reduce((sum, item) => sum.add(item.amount), amount('0')), items, note: null };
}

function exemption({ country, vatId, taxExempt }: Taxed, sellerCountry: string): string | null {
  if (taxExempt) return EXEMPT;
  const bothInside = EUROPEAN_UNION.has(sellerCountry) && country !== null && EUROPEAN_UNION.has(country);
  return bothInside && country !== sellerCountry && vatId !== null ? REVERSE_CHARGE : null;
}
