import fc from 'fast-check';
import { resolved, typesOf, type ApiDocument, type Schema } from '../isolation/openapi.ts';

/** Long enough to find what breaks, short enough to read. */
const TEXT_LENGTH = 40;
const LONGEST_TRIED = 10_000;
const ITEMS = 4;
const INTEGER_SPREAD = 100_000;

/** Answers a value of its own for some ids, so that requests meet something that exists. */
export type KnownIds = (name: string) => string | undefined;

/** Values that a schema takes; `name` is the field's, by which ids are known. */
export function arbitraryOf(
  schema: Schema,
  document: ApiDocument,
  known: KnownIds,
  name = '',
): fc.Arbitrary<unknown> {
  const plain = resolved(schema, document);
  if (plain.anyOf)
    return fc.oneof(...plain.anyOf.map((option) => arbitraryOf(option, document, known, name)));
  if (plain.enum) return fc.constantFrom(...plain.enum);
  const options = typesOf(plain).map((type) => ofType(type, plain, document, known, name));
  return options.length > 0 ? fc.oneof(...options) : fc.constant(null);
}

function ofType(
  type: string,
  schema: Schema,
  document: ApiDocument,
  known: KnownIds,
  name: string,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return integers(schema);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, document, known, name), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? ITEMS, Math.max(ITEMS, schema.minItems ?? 0)),
      });
    case 'object':
      return objects(schema, document, known);
    default:
      return texts(schema, known, name);
  }
}

function objects(schema: Schema, document: ApiDocument, known: KnownIds): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0 && schema.additionalProperties !== false)
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.jsonValue({ maxDepth: 2 }).map(storable), {
      maxKeys: ITEMS,
    });
  return fc.record(
    Object.fromEntries(
      properties.map(([key, property]) => [key, arbitraryOf(property, document, known, key)]),
    ),
    { requiredKeys: (schema.required ?? []) as never[], noNullPrototype: true },
  );
}

// Free-form JSON may hold anything but what Postgres cannot store.
function storable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll('\\u0000', ' ')
      .replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, ' '),
  );
}

function integers({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? -INTEGER_SPREAD;
  const max = maximum ?? Math.max(min, 0) + INTEGER_SPREAD;
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
}

function texts(schema: Schema, known: KnownIds, name: string): fc.Arbitrary<string> {
  const { format, pattern, minLength = 0, maxLength = TEXT_LENGTH } = schema;
  const own = known(name);
  switch (format) {
    case 'uuid':
      return own ? fc.oneof(fc.constant(own), fc.uuid()) : fc.uuid();
    case 'email':
      return fc.stringMatching(/^[a-z]{3,12}[0-9]{6}$/).map((word) => `${word}@example.test`);
    case 'date-time':
      return moments().map((moment) => moment.toISOString());
    case 'date':
      return moments().map((moment) => moment.toISOString().slice(0, 10));
    case 'uri':
      return fc.stringMatching(/^[a-z]{1,12}$/).map((word) => `https://example.test/${word}`);
  }
  const fits = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  if (pattern) return fc.stringMatching(new RegExp(pattern)).filter(fits);
  const long = Math.min(maxLength, LONGEST_TRIED);
  return fc.oneof(
    { weight: 9, arbitrary: anyText(minLength, Math.min(maxLength, Math.max(TEXT_LENGTH, minLength))) },
    { weight: 1, arbitrary: fc.constant('x'.repeat(long)) },
  );
}

function moments(): fc.Arbitrary<Date> {
  return fc.date({
    min: new Date('2000-01-01T00:00:00Z'),
    max: new Date('2099-12-31T00:00:00Z'),
    noInvalidDate: true,
  });
}

function anyText(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'grapheme', minLength, maxLength })
    .filter((text) => text.length >= minLength && text.length <= maxLength && !text.includes('\0'));
}
