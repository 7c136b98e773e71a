import { isCurrency } from '@leadwire/kernel';
import { databaseConfig, processConfig } from '@leadwire/platform';
import { paymentConfig } from './payments/payment.config.js';
import { bool, EnvError, makeValidator } from 'envalid';
import { invoiceConfig } from './invoices/invoice.config.js';

/** An amount of money, zero or more, as a decimal with at most six digits after the point. */
const money = makeValidator<string>((input) => {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(input))
    throw new EnvError('must be a decimal number with at most six decimals');
  return input;
});

const currency = makeValidator<string>((input) => {
  if (!isCurrency(input)) throw new EnvError('must be the ISO 4217 code of a currency in use, e.g. USD');
  return input;
});

export const billingConfig = {
  ...processConfig,
  ...databaseConfig,
  CURRENCY: currency({
    default: 'USD',
    desc: 'Of new wallets, ISO 4217; those that exist keep theirs. Prices in another one do not apply to them.',
  }),
  ...paymentConfig,
  ...invoiceConfig,
  TRIAL_CREDIT: money({
    default: '10.000000',
    desc: 'What a new tenant may spend before its first top-up, in CURRENCY; 0 for nothing.',
  }),
  MANUAL_TOP_UPS: bool({
    default: true,
    desc: 'Whether owners may add money without a payment; false where teams pay by card or invoice.',
  }),
  LOW_BALANCE_THRESHOLD: money({
    default: '1.000000',
    desc: 'Balance below which a new wallet warns, in CURRENCY; 0 for never.',
  }),
};
