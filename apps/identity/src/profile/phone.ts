import { requestErrors } from '@leadwire/kernel';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

/**
 * A number in E.164, the one form that can be texted from anywhere.
 * @throws AppError `request.invalid` when it does not name its country or cannot exist
 */
export function e164(text: string): string {
  const parsed = text.trim().startsWith('+') ? parsePhoneNumberFromString(text, metadata) : undefined;
  if (parsed?.isPossible() && !parsed.ext) return parsed.number;
  const detail = 'must be a phone number with its country, e.g. +4915112345678';
  throw requestErrors.invalid({ errors: [{ pointer: '/phone', code: 'phone', detail }] });
}
