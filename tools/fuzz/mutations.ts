import fc from 'fast-check';
import { BODY_BYTES_MAX } from '@leadwire/kernel';
import { withValue } from '../isolation/pointers.ts';

/** One thing changed about a request, in words for the report. */
export type Mutation =
  | { kind: 'none' }
  | { kind: 'value'; pointer: string[]; value: unknown }
  | { kind: 'missing'; pointer: string[] }
  | { kind: 'extra'; pointer: string[]; name: string }
  | { kind: 'body'; why: string; raw: string | Uint8Array }
  | { kind: 'content type'; type: string | undefined }
  | { kind: 'query'; text: string }
  | { kind: 'parameter'; name: string; value: string }
  | { kind: 'path'; value: string }
  | { kind: 'header'; name: string; value: string };

const DEEP = 64;
const LONG = 70_000;

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

/** Values that few fields take. */
const STRANGE: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e308,
  '',
  ' ',
  'not of this format',
  'a\0b',
  '\ud800',
  '\u202e\ufeff',
  '2026-02-30T25:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  "'; DROP TABLE leads; --",
  '{{ 7 | times: 7 }}',
  '\r\nSet-Cookie: a=b',
  'x'.repeat(LONG),
  [],
  [null],
  {},
  { $ne: null },
  Array.from({ length: 1001 }, () => 'x'),
  nested(DEEP),
);
const NAMES = fc.constantFrom(
  'extra',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'tenantId',
  'id',
  '',
);

const QUERIES = fc.constantFrom(
  'unknown=1',
  'limit=1&limit=2',
  'limit=',
  'limit=1e9',
  'limit=-1',
  'limit[]=1',
  'limit[a]=1',
  'cursor=%00',
  'cursor=x',
  'cursor=..%2f',
  `cursor=${'x'.repeat(2_000)}`,
  'q=%00',
  'q=%ff%fe',
  'q=%zz',
  '__proto__=1',
  '__proto__[a]=1',
  'constructor=1',
  'tenantId=018f4e1a-7c3b-7000-8000-000000000000',
  '&&&==',
);
const PATH_IDS = fc.constantFrom(
  'x',
  '0',
  '-1',
  'null',
  '%00',
  // Two dots alone would lead to another operation's address, encoded or not.
  '%2e%2e%2f',
  '..%2f..%2fetc',
  '%ff',
  '%zz',
  'NaN',
  '__proto__',
  'constructor',
  '018f4e1a-7c3b-7000-8000-00000000000',
  '018f4e1a-7c3b-7000-8000-000000000000%20',
  '{leadId}',
  '%F0%9F%92%A9',
  'x'.repeat(300),
);
const RAW_BODIES = fc.constantFrom<[string, string | Uint8Array]>(
  ['empty', ''],
  ['cut off', '{"a":'],
  ['a list', '[]'],
  ['a text', '"text"'],
  ['a number', '1'],
  ['null', 'null'],
  ['no JSON', '<a/>'],
  ['a number without end', '{"a":1e999}'],
  ['a key twice', '{"a":1,"a":2}'],
  ['a prototype', '{"__proto__":{"role":"owner"}}'],
  ['a constructor', '{"constructor":{"prototype":{"role":"owner"}}}'],
  ['no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ['deep', '['.repeat(50_000)],
  ['too large', `{"a":"${'x'.repeat(BODY_BYTES_MAX)}"}`],
);
const TYPES = fc.constantFrom(
  undefined,
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/json; charset=utf-16',
  'application/jsonp',
);
const HEADERS = fc.constantFrom<[string, string]>(
  ['idempotency-key', ''],
  ['idempotency-key', 'with a space'],
  ['idempotency-key', 'x'.repeat(256)],
  ['if-match', 'x'],
  ['if-match', '"99999999999999999999"'],
  ['last-event-id', 'x'],
  ['last-event-id', '9'.repeat(400)],
  ['content-encoding', 'gzip'],
  ['x-request-id', '../../x'],
  ['traceparent', '00-zz-zz-zz'],
  ['accept', 'image/png'],
  ['x-forwarded-for', 'not an address'],
  ['x-http-method-override', 'DELETE'],
);

const PARAMETERS = fc.constantFrom(
  '',
  '0',
  '-1',
  '101',
  '1e2',
  '0x10',
  '99999999999999999999',
  'true',
  'null',
  'x',
  'x'.repeat(3_000),
  'a\0b',
  '2026-02-30',
  '2026-11-22T12:00:00',
  '00000000-0000-0000-0000-000000000000',
  '[]',
);

/** What of a request there is to change. */
type Mutable = { body: fc.Arbitrary<unknown> | undefined; hasPath: boolean; queryNames: string[] };
/** Bodies, each with one kind of mutation. */
export type Mutated = fc.Arbitrary<{ body: unknown; mutation: Mutation }>;

/**
 * The mutations that a request with these parts can have, kind by kind; every place of the body is as likely. Those inside of a
 * body come twice, for they have the most to hit, and none at all comes last.
 */
export function mutationsOf({ body, hasPath, queryNames }: Mutable): Mutated[] {
  const around: fc.Arbitrary<Mutation>[] = [
    QUERIES.map((text) => ({ kind: 'query', text })),
    HEADERS.map(([name, value]) => ({ kind: 'header', name, value })),
    ...(queryNames.length > 0
      ? [
          fc
            .tuple(fc.constantFrom(...queryNames), PARAMETERS)
            .map(([name, value]): Mutation => ({ kind: 'parameter', name, value })),
        ]
      : []),
    ...(hasPath ? [PATH_IDS.map((value): Mutation => ({ kind: 'path', value }))] : []),
    ...(body ? [RAW_BODIES.map(([why, raw]): Mutation => ({ kind: 'body', why, raw }))] : []),
    ...(body ? [TYPES.map((type): Mutation => ({ kind: 'content type', type }))] : []),
  ];
  const plain = body ?? fc.constant(undefined);
  const inside = body ? [...INSIDE, ...INSIDE].map((mutation) => mutatedInside(body, mutation)) : [];
  const none = fc.constant<Mutation>({ kind: 'none' });
  const beside = (mutation: fc.Arbitrary<Mutation>) => fc.record({ body: plain, mutation });
  return [...around.map(beside), ...inside, beside(none)];
}

type Pointer = fc.Arbitrary<string[]>;
const INSIDE: ((pointer: Pointer) => fc.Arbitrary<Mutation>)[] = [
  (pointer) => fc.record({ kind: fc.constant('extra' as const), pointer, name: NAMES }),
  (pointer) => fc.record({ kind: fc.constant('missing' as const), pointer }),
  (pointer) => fc.record({ kind: fc.constant('value' as const), pointer, value: STRANGE }),
];

function mutatedInside(
  bodies: fc.Arbitrary<unknown>,
  mutationAt: (pointer: Pointer) => fc.Arbitrary<Mutation>,
): Mutated {
  return bodies.chain((body) =>
    fc.record({
      body: fc.constant(body),
      mutation: mutationAt(fc.constantFrom(...pointersOf(body))),
    }),
  );
}

/** Every place in a value, its root included. */
export function pointersOf(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => pointersOf(item, [...at, key]))];
}

/** The body after a mutation of something inside it. */
export function mutated(body: unknown, mutation: Mutation): unknown {
  switch (mutation.kind) {
    case 'value':
      return withValue(body, mutation.pointer, mutation.value);
    case 'missing':
      return without(body, mutation.pointer);
    case 'extra':
      return withOwn(body, mutation.pointer, mutation.name);
    default:
      return body;
  }
}

function without(body: unknown, pointer: string[]): unknown {
  const [name, ...rest] = pointer;
  if (name === undefined || typeof body !== 'object' || body === null) return {};
  if (Array.isArray(body))
    return rest.length === 0
      ? body.filter((_, i) => String(i) !== name)
      : body.map((item: unknown, i) => (String(i) === name ? without(item, rest) : item));
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, item]) => {
      if (key !== name) return [[key, item]];
      return rest.length === 0 ? [] : [[key, without(item, rest)]];
    }),
  );
}

// Defined, not assigned: `__proto__` has to become a key like any other.
function withOwn(body: unknown, pointer: string[], name: string): unknown {
  const place = structuredClone(body);
  let target: unknown = place;
  for (const key of pointer) {
    const next: unknown = (target as Record<string, unknown>)[key];
    if (typeof next !== 'object' || next === null) break;
    target = next;
  }
  if (typeof target === 'object' && target !== null)
    Object.defineProperty(target, name, { value: 1, enumerable: true, configurable: true, writable: true });
  return place;
}
