import { uuidv7 } from 'uuidv7';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new time-ordered id (UUIDv7, RFC 9562 §5.7): primary keys made in the app, so inserts stay at the index's right edge. */
export function newId(): string {
  return uuidv7();
}

/** Whether `value` is a lower-case UUID of a standard version. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
