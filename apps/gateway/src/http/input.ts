import { fieldsOf, parseInput, type Class, type FieldSpec } from '@leadwire/contracts';
import { requestErrors, type InputError } from '@leadwire/kernel';

export type InputSources = { params: unknown; query: unknown; body?: unknown };

const INTEGER = /^-?\d{1,16}$/;

/**
 * One input out of the places where HTTP puts it: path, query, body and, as `conditions`, the head. Texts of path and query become what the field declares; a field
 * named twice with different values is refused, so that nobody can address one thing in the path and another in the body.
 * @throws AppError `request.invalid`
 */
export function inputOf<T extends object>(
  cls: Class<T>,
  { params, query, body }: InputSources,
  conditions: Record<string, unknown> = {},
): T {
  const merged: Record<string, unknown> = {};
  const errors: InputError[] = [];
  const take = (source: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(source)) {
      if (Object.hasOwn(merged, name) && merged[name] !== value) {
        errors.push({
          pointer: `/${name}`,
          code: 'contradiction',
          detail: 'is given twice with different values',
        });
      }
      // Assigning `__proto__` would set the prototype instead; as an own property it is refused as an unknown field.
      Object.defineProperty(merged, name, { value, enumerable: true, configurable: true, writable: true });
    }
  };
  take(coerced(cls, params));
  take(coerced(cls, query));
  take(objectOf(body));
  take(conditions);
  if (errors.length > 0) throw requestErrors.invalid({ errors });
  return parseInput(cls, merged);
}

function objectOf(body: unknown): Record<string, unknown> {
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw requestErrors.invalid({ errors: [{ pointer: '', code: 'isObject', detail: 'must be an object' }] });
}

function coerced(cls: Class, source: unknown): Record<string, unknown> {
  const fields = fieldsOf(cls);
  return Object.fromEntries(
    Object.entries((source ?? {}) as Record<string, unknown>).map(([name, value]) => [
      name,
      coerce(fields.get(name), value),
    ]),
  );
}

// What cannot be read as its type stays text, and validation says so.
function coerce(field: FieldSpec | undefined, value: unknown): unknown {
  if (!field) return value;
  if (field.list) return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if (field.schema.type === 'integer' && INTEGER.test(value)) return Number(value);
  if (field.schema.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
