import { Decimal } from 'decimal.js';
import { assert } from './assert.js';
import { defineErrors } from './errors.js';
import { amount, type Amount } from './money.js';

export const currencyErrors = defineErrors('currency', {
  unknown: { kind: 'unprocessable', text: 'This is not the ISO 4217 code of a currency in use.' },
});

const NO_DIGITS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF';
const TWO_DIGITS = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK
  DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
  LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
  RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED
  VES WST XCD XCG YER ZAR ZMW ZWG`;
const THREE_DIGITS = 'BHD IQD JOD KWD LYD OMR TND';

/** ISO 4217, list one, the currencies that people pay with: no funds codes, no metals, none that was withdrawn by January 2026. */
const DIGITS: ReadonlyMap<string, number> = new Map(
  [[NO_DIGITS, 0] as const, [TWO_DIGITS, 2] as const, [THREE_DIGITS, 3] as const].flatMap(([codes, digits]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [code, digits] as const),
  ),
);

/** Whether it is the ISO 4217 code of a currency that can be paid in. */
export function isCurrency(code: string): boolean {
  return DIGITS.has(code);
}

/**
 * Digits after the point of what is paid in a currency: its minor unit is 10^-digits.
 * @throws AppError `currency.unknown`
 */
export function currencyDigits(code: string): number {
  const digits = DIGITS.get(code);
  if (digits === undefined) throw currencyErrors.unknown({ extras: { currency: code.slice(0, 10) } });
  return digits;
}

/**
 * An amount as it is paid or shown on an invoice: rounded half to even to the minor unit of its currency. The ledger keeps six
 * decimals and never rounds this way; it happens where money leaves it for the world, once.
 * @throws AppError `currency.unknown`
 */
export function roundToMinorUnit(value: Amount, currency: string): Amount {
  // Adding zero makes -0 nothing but 0.
  return value.toDecimalPlaces(currencyDigits(currency), Decimal.ROUND_HALF_EVEN).plus(0);
}

/**
 * An amount in whole minor units: 12.34 USD is 1234, 500 JPY is 500; rounded as {@link roundToMinorUnit}. Exceptions that a payment
 * provider makes for a currency are its adapter's.
 * @throws AppError `currency.unknown`
 */
export function toMinorUnits(value: Amount, currency: string): number {
  const units = roundToMinorUnit(value, currency)
    .mul(10 ** currencyDigits(currency))
    .toNumber();
  assert(Number.isSafeInteger(units), 'an amount in minor units is a safe integer');
  return units;
}

/** The exact amount of so many minor units. @throws AppError `currency.unknown` */
export function fromMinorUnits(units: number, currency: string): Amount {
  assert(Number.isSafeInteger(units), 'an amount in minor units is a safe integer');
  return amount(String(units)).div(10 ** currencyDigits(currency));
}

/**
 * The text of an amount as it is paid or shown: exactly the digits of its currency, rounded as {@link roundToMinorUnit}.
 * @throws AppError `currency.unknown`
 */
export function minorUnitText(value: Amount, currency: string): string {
  return roundToMinorUnit(value, currency).toFixed(currencyDigits(currency));
}
