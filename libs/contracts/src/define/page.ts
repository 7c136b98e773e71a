import { PAGE_LIMIT_MAX } from '@leadwire/kernel';
import { Int, ListOf, Text } from './fields.js';
import type { Class } from './schema.js';

/** What every list takes: how many, and where to go on. Extend it with filters. */
export class PageRequest {
  @Int({ min: 1, max: PAGE_LIMIT_MAX, optional: true, description: 'Items per page; 25 unless told.' })
  limit?: number;

  @Text({
    max: 1024,
    optional: true,
    description: 'The `next` of the previous page; bound to the same filter.',
  })
  cursor?: string;
}

/** One page of a list; `next` is null on the last one. */
export type Page<T> = { items: T[]; next: string | null };

const PAGES = new Map<Class, Class<Page<object>>>();

/** The contract class of a page of `item`, named `<Item>Page`. */
export function pageOf<T extends object>(item: Class<T>): Class<Page<T>> {
  const known = PAGES.get(item);
  if (known) return known as Class<Page<T>>;
  class PageClass {
    items!: T[];
    next!: string | null;
  }
  ListOf(() => item, { items: PAGE_LIMIT_MAX })(PageClass.prototype, 'items');
  Text({ max: 1024, nullable: true, description: 'Pass it as `cursor` to read on; null at the end.' })(
    PageClass.prototype,
    'next',
  );
  Object.defineProperty(PageClass, 'name', { value: `${item.name}Page` });
  PAGES.set(item, PageClass as Class<Page<object>>);
  return PageClass;
}

/** For methods that take nothing. */
export class Nothing {}
