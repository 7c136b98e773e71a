import { checkVAT, countries, type Country } from 'jsvat';
import { requestErrors } from '@leadwire/kernel';

/** Greece writes its VAT ids with the letters of its own name. */
const PREFIXES: Readonly<Record<string, string>> = { GR: 'EL' };

/**
 * A VAT id in the one form that is stored: upper case, without spaces, dots and dashes. Where the rules of the country are known, its
 * format and check digits must be right; whether it is registered, only the tax office knows.
 * @throws AppError `request.invalid`
 */
export function vatIdOf(text: string, country: string | null): string {
  if (country === null) throw invalid('needs the country that it is of');
  const plain = text.toUpperCase().replaceAll(/[\s.-]/g, '');
  if (!/^[A-Z0-9]{2,20}$/.test(plain)) throw invalid('has letters and digits only, at most 20');
  const rules = countries.find(({ codes }: Country) => codes.includes(country));
  if (!rules) return plain;
  const prefix = PREFIXES[country] ?? country;
  const whole = plain.startsWith(prefix) ? plain : `${prefix}${plain}`;
  if (!checkVAT(whole, [rules]).isValid) throw invalid(`is not a VAT id of ${country}`);
  return whole;
}

const invalid = (detail: string) =>
  requestErrors.invalid({ errors: [{ pointer: '/vatId', code: 'vat_id', detail }] });
