import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { BreachedPasswords } from './breached-passwords.js';
import { isCommonPassword } from './common-passwords.js';

const PRODUCT = 'leadwire';
/** Shorter words are in too many passwords to mean anything. */
const WORD_LENGTH_MIN = 4;
/** What must be left of a password without the words that anybody would try first. */
const LEFT_LENGTH_MIN = 8;

type Reason = 'common' | 'context' | 'breached';
const DETAILS: Readonly<Record<Reason, string>> = {
  common: 'is one of the passwords that are tried first',
  context: 'is made of your name, address or team',
  breached: 'has become public in a breach elsewhere',
};

/**
 * Which new passwords are good enough (OWASP ASVS 6.2.4, 6.2.11, 6.2.12): any characters, but none that is common, made of what
 * everybody knows about the person, or breached. Old passwords are never judged.
 */
@Injectable()
export class PasswordPolicy {
  constructor(@Inject(BreachedPasswords) private readonly breached: BreachedPasswords) {}

  /**
   * @param known what others know of this person: address, names, the team's name
   * @throws AppError `account.password_refused`
   */
  async check(password: string, known: readonly (string | null | undefined)[]): Promise<void> {
    if (isCommonPassword(password)) throw refused('common');
    if (isMadeOf(password, known)) throw refused('context');
    if (await this.breached.has(password)) throw refused('breached');
  }
}

/** Whether too little is left of a password without the product's name and the words of `known`. */
export function isMadeOf(password: string, known: readonly (string | null | undefined)[]): boolean {
  const words = [PRODUCT, ...known]
    .flatMap((text) => simplified(text ?? '').split(/[^\p{Letter}\p{Number}]+/u))
    .filter((word) => word.length >= WORD_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
  const text = simplified(password);
  const left = words.reduce((rest, word) => rest.replaceAll(word, ' '), text);
  return left !== text && left.replaceAll(/[^\p{Letter}\p{Number}]+/gu, '').length < LEFT_LENGTH_MIN;
}

const simplified = (text: string) => text.normalize('NFKC').toLowerCase();

function refused(reason: Reason) {
  const errors = [{ pointer: '/password', code: reason, detail: DETAILS[reason] }];
  return accountErrors.password_refused({ errors, extras: { reason } });
}
