import { Int, OneOf, parseInput, Text, type Class } from '@leadwire/contracts';
import { MAILS_PAGE_MAX } from './mail.js';

const FILTER_MAX = 998;

export class CountMails {
  @Text({ max: FILTER_MAX, min: 1, optional: true, description: 'an address, or `@domain`' }) to?: string;
  @Text({ max: FILTER_MAX, min: 1, optional: true }) messageId?: string;
  @Text({ max: FILTER_MAX, min: 1, optional: true, description: 'part of the subject' }) subject?: string;
  @Text({
    max: FILTER_MAX,
    min: 1,
    optional: true,
    description: 'part of a recipient, the sender or the subject',
  })
  q?: string;
}

export class ListMails extends CountMails {
  @Int({ min: 0, optional: true, description: 'the `next` of the page before' }) after?: number;
  @Int({ min: 1, max: MAILS_PAGE_MAX, optional: true }) limit?: number;
  @OneOf(['asc', 'desc'], { optional: true }) order?: 'asc' | 'desc';
}

export class MailId {
  @Int({ min: 1 }) id!: number;
}

/** Validates a query string or path, where numbers arrive as text. */
export function parseQuery<T extends object>(
  cls: Class<T>,
  query: object,
  numbers: readonly string[] = [],
): T {
  const entries = Object.entries(query).map(([key, value]) => [
    key,
    numbers.includes(key) && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  return parseInput(cls, Object.fromEntries(entries));
}
