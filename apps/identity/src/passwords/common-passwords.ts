import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Letters and digits as they lie on keyboards and in the alphabet: who follows a row has not chosen anything. */
const ROWS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
];
/** A shorter pattern that is merely repeated is as easy to guess as the pattern. */
const PATTERN_MAX = 8;
/** Characters around a word that make it no better: `2024!`, `123456`. */
const TRIMMINGS_MAX = 8;

const COMMON = new Set(
  gunzipSync(readFileSync(new URL('../../data/common-passwords.txt.gz', import.meta.url)))
    .toString()
    .split('\n'),
);

/** Whether a password is among those that are tried first: listed, a repeated pattern, a row of keys, or a listed one with trimmings. */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize('NFKC').toLowerCase();
  return COMMON.has(text) || isRepeated(text) || isRow(text) || isTrimmed(text);
}

function isRepeated(text: string): boolean {
  for (let period = 1; period <= Math.min(PATTERN_MAX, text.length / 2); period++)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}

function isRow(text: string): boolean {
  const backwards = [...text].reverse().join('');
  return ROWS.some((row) => row.includes(text) || row.includes(backwards));
}

function isTrimmed(text: string): boolean {
  const word = text.replaceAll(/^[^\p{Letter}]+|[^\p{Letter}]+$/gu, '');
  return text.length - word.length <= TRIMMINGS_MAX && COMMON.has(word);
}
