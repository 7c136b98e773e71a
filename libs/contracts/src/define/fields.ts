import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  isEmail,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsString,
  isURL,
  IsUUID,
  isIP,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { ARRAY_ITEMS_MAX, JSON_OBJECT_BYTES_MAX } from '@leadwire/kernel';
import { recordField, type Class, type FieldSpec, type JsonSchema } from './schema.js';

type Common = { optional?: boolean; nullable?: boolean; description?: string; example?: unknown };

/** Validation and documentation of one property, said in one decorator. */
function field(
  common: Common | undefined,
  schema: JsonSchema,
  validators: PropertyDecorator[],
  extra: Partial<FieldSpec> = {},
): PropertyDecorator {
  const { optional = false, nullable = false, description, example } = common ?? {};
  return (target, key) => {
    const name = String(key);
    recordField(target, name, {
      schema: {
        ...schema,
        ...(description ? { description } : {}),
        ...(example !== undefined ? { examples: [example] } : {}),
      },
      optional,
      nullable,
      ...extra,
    });
    for (const validator of validators) validator(target, key);
    // class-validator's IsOptional lets null through even where null means nothing; these two say exactly what is meant.
    if (optional) ValidateIf((_, value) => value !== undefined)(target, key);
    if (nullable) ValidateIf((_, value) => value !== null)(target, key);
  };
}

/** How JSON.stringify writes NUL and lone surrogates; after an even number of backslashes, for others are a backslash's own. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

// A NUL byte is valid JSON but no Postgres text; lone surrogates are no UTF-8.
const storableText = (options: { each?: boolean } = {}) =>
  ValidateBy(
    {
      name: 'isStorableText',
      validator: {
        validate: (value) => typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed()),
        defaultMessage: () => 'must be valid Unicode without NUL characters',
      },
    },
    options,
  );

// class-validator's own decorators pass lone surrogates to encodeURI, which throws: a 500 instead of a 400.
const wellFormed = (name: string, message: string, check: (value: string) => boolean) =>
  ValidateBy({
    name,
    validator: {
      validate: (value) => typeof value === 'string' && value.isWellFormed() && check(value),
      defaultMessage: () => message,
    },
  });

/** Free text. `max` counts UTF-16 units and is mandatory: nothing is unbounded. */
export function Text(o: Common & { min?: number; max: number; pattern?: RegExp }): PropertyDecorator {
  const validators = [IsString(), MaxLength(o.max), storableText()];
  if (o.min) validators.push(MinLength(o.min));
  if (o.pattern) validators.push(Matches(o.pattern));
  return field(
    o,
    {
      type: 'string',
      maxLength: o.max,
      ...(o.min ? { minLength: o.min } : {}),
      ...(o.pattern ? { pattern: o.pattern.source } : {}),
    },
    validators,
  );
}

export function Uuid(o?: Common): PropertyDecorator {
  return field(o, { type: 'string', format: 'uuid' }, [IsUUID()]);
}

export function Email(o?: Common): PropertyDecorator {
  return field(o, { type: 'string', format: 'email', maxLength: 254 }, [
    wellFormed('isEmail', 'must be an email', (value) => isEmail(value)),
    MaxLength(254),
    storableText(),
  ]);
}

/** An http(s) address. */
export function WebUrl(o: Common & { max?: number } = {}): PropertyDecorator {
  const max = o.max ?? 2048;
  return field(o, { type: 'string', format: 'uri', maxLength: max }, [
    wellFormed('isUrl', 'must be a URL address', (value) =>
      isURL(value, { protocols: ['http', 'https'], require_protocol: true }),
    ),
    MaxLength(max),
    storableText(),
  ]);
}

export function Int(o: Common & { min?: number; max?: number } = {}): PropertyDecorator {
  const min = o.min ?? Number.MIN_SAFE_INTEGER;
  const max = o.max ?? Number.MAX_SAFE_INTEGER;
  return field(
    o,
    {
      type: 'integer',
      ...(o.min !== undefined ? { minimum: o.min } : {}),
      ...(o.max !== undefined ? { maximum: o.max } : {}),
    },
    [IsInt(), Min(min), Max(max)],
  );
}

export function Bool(o?: Common): PropertyDecorator {
  return field(o, { type: 'boolean' }, [IsBoolean()]);
}

export function OneOf(values: readonly string[], o?: Common): PropertyDecorator {
  return field(o, { type: 'string', enum: values }, [IsIn(values)]);
}

/** A moment: ISO 8601 with a zone, answered in UTC. */
export function Timestamp(o?: Common): PropertyDecorator {
  return field(o, { type: 'string', format: 'date-time' }, [
    IsISO8601({ strict: true, strictSeparator: true }),
    Matches(/(Z|[+-]\d{2}:?\d{2})$/, { message: 'must carry a time zone' }),
    MaxLength(35),
  ]);
}

/** A calendar day, `YYYY-MM-DD`, in a zone that the property's description names. */
export function Day(o?: Common): PropertyDecorator {
  return field(o, { type: 'string', format: 'date' }, [
    IsISO8601({ strict: true }),
    Matches(/^\d{4}-\d{2}-\d{2}$/),
  ]);
}

const DECIMAL_LENGTH_MAX = 26;

/** An exact decimal as text, e.g. `"12.50"`: money and prices never travel as floats. */
export function DecimalText(o: Common & { signed?: boolean; scale?: number } = {}): PropertyDecorator {
  const scale = o.scale ?? 6;
  const pattern = new RegExp(`^${o.signed ? '-?' : ''}\\d{1,14}(\\.\\d{1,${scale}})?$`);
  const maxLength = Math.max(DECIMAL_LENGTH_MAX, 16 + scale);
  return field(o, { type: 'string', format: 'decimal', pattern: pattern.source, maxLength }, [
    IsString(),
    Matches(pattern, { message: `must be a decimal number with at most ${scale} decimals, as text` }),
  ]);
}

/** A free-form JSON object, bounded when serialised. */
export function JsonObject(o: Common & { maxBytes?: number } = {}): PropertyDecorator {
  const max = o.maxBytes ?? JSON_OBJECT_BYTES_MAX;
  return field(o, { type: 'object', additionalProperties: true }, [
    IsObject(),
    ValidateBy({
      name: 'isBoundedJson',
      validator: {
        validate: (value) => {
          const text = JSON.stringify(value) ?? '';
          return Buffer.byteLength(text) <= max && !UNSTORABLE_ESCAPE.test(text);
        },
        defaultMessage: () => `must be at most ${max} bytes of JSON without NUL characters`,
      },
    }),
  ]);
}

/** A list of texts. */
export function TextList(o: Common & { max: number; items: number; min?: number }): PropertyDecorator {
  return field(
    o,
    {
      type: 'array',
      maxItems: o.items,
      ...(o.min ? { minItems: o.min } : {}),
      items: { type: 'string', maxLength: o.max },
    },
    [
      IsArray(),
      ArrayMaxSize(o.items),
      ArrayMinSize(o.min ?? 0),
      IsString({ each: true }),
      MaxLength(o.max, { each: true }),
      storableText({ each: true }),
    ],
    { list: true },
  );
}

/** A set of known words, in any order. */
export function EachOf(values: readonly string[], o: Common & { min?: number } = {}): PropertyDecorator {
  return field(
    o,
    {
      type: 'array',
      maxItems: values.length,
      uniqueItems: true,
      ...(o.min ? { minItems: o.min } : {}),
      items: { type: 'string', enum: values },
    },
    [
      IsArray(),
      ArrayMaxSize(values.length),
      ArrayMinSize(o.min ?? 0),
      IsIn(values, { each: true }),
      ArrayUnique(),
    ],
    { list: true },
  );
}

/** A list of IP networks, `203.0.113.0/24` or `2001:db8::/48`; an address alone is a network of one. */
export function Networks(o: Common & { items: number }): PropertyDecorator {
  return field(
    o,
    { type: 'array', maxItems: o.items, items: { type: 'string', maxLength: NETWORK_LENGTH_MAX } },
    [
      IsArray(),
      ArrayMaxSize(o.items),
      ValidateBy(
        {
          name: 'isNetwork',
          validator: {
            validate: isNetwork,
            defaultMessage: () => 'must hold IP networks such as 203.0.113.0/24',
          },
        },
        { each: true },
      ),
    ],
    { list: true },
  );
}

const NETWORK_LENGTH_MAX = 49;

// No zone (`%eth0`), which means something on one machine only, and no IPv4 in the clothes of IPv6, which matches nothing.
function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > NETWORK_LENGTH_MAX) return false;
  const [address = '', bits, ...rest] = value.split('/');
  if (rest.length > 0 || address.includes('%') || (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits)))
    return false;
  if (isIP(address, 4)) return Number(bits ?? 32) <= 32;
  return isIP(address, 6) && !address.includes('.') && Number(bits ?? 128) <= 128;
}

export function UuidList(o: Common & { items?: number; min?: number } = {}): PropertyDecorator {
  const items = o.items ?? ARRAY_ITEMS_MAX;
  return field(
    o,
    {
      type: 'array',
      maxItems: items,
      ...(o.min ? { minItems: o.min } : {}),
      items: { type: 'string', format: 'uuid' },
    },
    [IsArray(), ArrayMaxSize(items), ArrayMinSize(o.min ?? 0), IsUUID(undefined, { each: true })],
    { list: true },
  );
}

/** Another contract class inside this one. */
export function Nested(nested: () => Class, o?: Common): PropertyDecorator {
  return field(o, {}, [IsObject(), ValidateNested()], { nested });
}

/** A bounded list of another contract class. */
export function ListOf(
  nested: () => Class,
  o: Common & { items?: number; min?: number } = {},
): PropertyDecorator {
  const items = o.items ?? ARRAY_ITEMS_MAX;
  return field(
    o,
    { type: 'array', maxItems: items, ...(o.min ? { minItems: o.min } : {}) },
    [IsArray(), ArrayMaxSize(items), ArrayMinSize(o.min ?? 0), ValidateNested({ each: true })],
    { nested, list: true },
  );
}
