import { CARD_TOP_UP_MAX } from '@leadwire/contracts';
import { amount, requestErrors, type Amount } from '@leadwire/kernel';
import { isPayable } from './stripe-amounts.js';

/**
 * An amount that can be paid by card: more than nothing, within what is taken, and in whole minor units.
 * @throws AppError `request.invalid` at the pointer
 */
export function cardAmount(text: string, currency: string, pointer = '/amount'): Amount {
  const value = amount(text);
  const refuse = (code: string, detail: string) =>
    requestErrors.invalid({ errors: [{ pointer, code, detail }] });
  if (value.lte(0) || value.gt(CARD_TOP_UP_MAX))
    throw refuse('range', `must be more than 0 and at most ${CARD_TOP_UP_MAX}`);
  if (!isPayable(value, currency)) throw refuse('precision', `has more decimals than ${currency} is paid in`);
  return value;
}
