import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

const DIGITS_MIN = 5;
const DIGITS_MAX = 20;
/** What people write in a number besides digits, and the extension some put behind it. */
const WRITABLE = /^\+?[0-9 ()./-]+(?:(?:ext\.?|x|#)\s*[0-9]{1,6})?$/i;
const COMPACT_E164 = /^\+[1-9][0-9]{6,14}$/;

/**
 * The form in which a phone number is kept, so that two spellings of it are one: E.164 when it names its country (`+` or
 * `00`), otherwise as written, single-spaced, since nothing says which country is meant.
 * @returns undefined when it is no phone number
 */
export function normalisePhone(text: string): string | undefined {
  const written = text.trim().replace(/\s+/g, ' ');
  if (!WRITABLE.test(written)) return undefined;
  const international = written.startsWith('00') ? `+${written.slice(2)}` : written;
  if (international.startsWith('+')) return normaliseInternational(international);
  const digits = written.replace(/\D/g, '').length;
  return digits >= DIGITS_MIN && digits <= DIGITS_MAX ? written : undefined;
}

function normaliseInternational(written: string): string | undefined {
  // "+49 (0)30 …": the zero is for callers inside the country only.
  const parsed = parsePhoneNumberFromString(written.replace(/\(0\)/, ''), metadata);
  if (!parsed?.isPossible()) return undefined;
  const number = parsed.number as string;
  return COMPACT_E164.test(number) ? (parsed.ext ? `${number} ext. ${parsed.ext}` : number) : undefined;
}
