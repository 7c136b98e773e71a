import { databaseConfig, processConfig } from '@leadwire/platform';
import { EnvError, makeValidator } from 'envalid';

/** An amount of money, zero or more, as a decimal with at most six digits after the point. */
const money = makeValidator<string>((input) => {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(input))
    throw new EnvError('must be a decimal number with at most six decimals');
  return input;
});

export const billingConfig = {
  ...processConfig,
  ...databaseConfig,
  TRIAL_CREDIT: money({
    default: '10.000000',
    desc: 'What a new tenant may spend before its first top-up, in USD; 0 for nothing.',
  }),
  LOW_BALANCE_THRESHOLD: money({
    default: '1.000000',
    desc: 'Balance below which a new wallet warns, in USD; 0 for never.',
  }),
};
