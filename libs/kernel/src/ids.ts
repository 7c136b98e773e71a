import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// Random numbers are fetched a page at a time: asking for those of each id costs more than making it.
const random = new Uint32Array(1024);
let used = random.length;
const ids = new V7Generator({
  nextUint32: () => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    return random[used++] as number;
  },
});

/** A new time-ordered id (UUIDv7, RFC 9562 §5.7): primary keys made in the app, so inserts stay at the index's right edge. */
export function newId(): string {
  return ids.generate().toString();
}

/** Whether `value` is a lower-case UUID of a standard version. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
