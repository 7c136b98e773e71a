import { validateSync, type ValidationError } from 'class-validator';
import { requestErrors, type InputError } from '@leadwire/kernel';
import { breaksNoRule } from './rules.js';
import { fieldsOf, type Class, type FieldSpec } from './schema.js';

const ERRORS_MAX = 50;

export type ParseOptions = {
  /** Leave unknown fields out instead of refusing them: readers of events must survive newer writers. */
  tolerant?: boolean;
};
type Walk = { errors: InputError[]; tolerant: boolean };

/**
 * Turns plain JSON into a validated instance of a contract class. Only declared fields are copied, so neither an unknown
 * field nor `__proto__` reaches a use case.
 * @throws AppError `request.invalid` with one entry per broken rule.
 */
export function parseInput<T extends object>(cls: Class<T>, plain: unknown, options: ParseOptions = {}): T {
  const errors: InputError[] = [];
  const value = hydrate(cls, plain ?? {}, '', { errors, tolerant: options.tolerant ?? false }) as T;
  if (errors.length === 0 && !breaksNoRule(value))
    collect(validateSync(value, VALIDATOR_OPTIONS), '', errors);
  if (errors.length > 0) throw requestErrors.invalid({ errors: errors.slice(0, ERRORS_MAX) });
  return value;
}

const VALIDATOR_OPTIONS = {
  forbidUnknownValues: false,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
} as const;

function hydrate(cls: Class, plain: unknown, pointer: string, walk: Walk): unknown {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    walk.errors.push({ pointer, code: 'isObject', detail: 'must be an object' });
    return plain;
  }
  const fields = fieldsOf(cls);
  const instance = new cls() as Record<string, unknown>;
  for (const key of Object.keys(plain)) {
    const spec = fields.get(key);
    const value = (plain as Record<string, unknown>)[key];
    const at = (): string => `${pointer}/${escapePointer(key)}`;
    if (spec) instance[key] = spec.nested ? hydrateNested(spec.nested(), spec, value, at(), walk) : value;
    else if (!walk.tolerant)
      walk.errors.push({ pointer: at(), code: 'unknown_field', detail: 'is not a field of this request' });
  }
  return instance;
}

function hydrateNested(cls: Class, spec: FieldSpec, value: unknown, pointer: string, walk: Walk): unknown {
  if (value === null || value === undefined) return value;
  if (!spec.list) return hydrate(cls, value, pointer, walk);
  if (!Array.isArray(value) || value.length > (spec.schema.maxItems ?? 0)) return value;
  return value.map((item, i) => hydrate(cls, item, `${pointer}/${i}`, walk));
}

function collect(found: ValidationError[], pointer: string, errors: InputError[]): void {
  for (const error of found) {
    const at = `${pointer}/${escapePointer(error.property)}`;
    for (const [code, detail] of Object.entries(error.constraints ?? {})) {
      errors.push({ pointer: at, code, detail: detail.replace(new RegExp(`^${error.property} `), '') });
    }
    if (error.children?.length) collect(error.children, at, errors);
  }
}

/** RFC 6901 §3: `~` and `/` in a key are written `~0` and `~1`. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
