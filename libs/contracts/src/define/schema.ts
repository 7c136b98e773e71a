import 'reflect-metadata';

/** The part of JSON Schema 2020-12 that our contracts use; OpenAPI 3.1 and AsyncAPI 3 both speak it. */
export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: readonly (string | number | null)[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  pattern?: string;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  maxProperties?: number;
  anyOf?: JsonSchema[];
  default?: unknown;
  examples?: unknown[];
};

export type Class<T = object> = new () => T;

/** What a property decorator records of one property. */
export type FieldSpec = {
  schema: JsonSchema;
  optional: boolean;
  nullable: boolean;
  /** Class of the value, or of each item of a list. */
  nested?: () => Class;
  list?: boolean;
};

const FIELDS = Symbol('leadwire:fields');

export function recordField(target: object, name: string, spec: FieldSpec): void {
  const own = Object.hasOwn(target, FIELDS) ? (target as never)[FIELDS] : undefined;
  const fields = own ?? new Map(fieldsOf(target.constructor as Class));
  (fields as Map<string, FieldSpec>).set(name, spec);
  Object.defineProperty(target, FIELDS, { value: fields, configurable: true });
}

/** The declared fields of a contract class, inherited ones first. */
export function fieldsOf(cls: Class): ReadonlyMap<string, FieldSpec> {
  return ((cls.prototype as never)[FIELDS] as Map<string, FieldSpec> | undefined) ?? new Map();
}

const COMPONENT_NAMES = new Map<string, Class>();

/** The component name of a class in the generated documents; two classes of one name are a mistake and refused. */
export function componentName(cls: Class): string {
  const known = COMPONENT_NAMES.get(cls.name);
  if (known && known !== cls) throw new Error(`Two contract classes are called ${cls.name}; rename one.`);
  COMPONENT_NAMES.set(cls.name, cls);
  return cls.name;
}

/** The object schema of a contract class; nested classes become `$ref`s and are collected into `components`. */
export function schemaOf(cls: Class, components: Map<string, JsonSchema>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, field] of fieldsOf(cls)) {
    properties[name] = fieldSchema(field, components);
    if (!field.optional) required.push(name);
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** A `$ref` to a class, whose schema is added to `components` on first use. */
export function refTo(cls: Class, components: Map<string, JsonSchema>): JsonSchema {
  const name = componentName(cls);
  if (!components.has(name)) {
    components.set(name, {});
    components.set(name, schemaOf(cls, components));
  }
  return { $ref: `#/components/schemas/${name}` };
}

export function fieldSchema(field: FieldSpec, components: Map<string, JsonSchema>): JsonSchema {
  let schema = { ...field.schema };
  if (field.nested) {
    const ref = refTo(field.nested(), components);
    const { description, ...list } = schema;
    schema = field.list
      ? { ...list, ...(description ? { description } : {}), items: ref }
      : { ...ref, ...(description ? { description } : {}) };
  }
  if (!field.nullable) return schema;
  if (typeof schema.type === 'string') {
    return {
      ...schema,
      type: [schema.type, 'null'],
      ...(schema.enum ? { enum: [...schema.enum, null] } : {}),
    };
  }
  return { anyOf: [schema, { type: 'null' }] };
}
