/** The part of JSON Schema that our documents use. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: readonly unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
};
type Content = Record<string, { schema: Schema }>;
type Operation = {
  parameters?: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
};
export type ApiDocument = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

type Side = { schema: Schema | undefined; document: ApiDocument };
/** Whether clients write the value or read it: what is harmless in one direction breaks the other. */
type Direction = 'request' | 'response';

const DEPTH_MAX = 12;

/**
 * What in `next` would break a client written against `before`: a path, method, field or value that is gone, a changed type,
 * an input that has become mandatory. Each as a sentence; empty when every such client goes on working.
 */
export function breakingChanges(before: ApiDocument, next: ApiDocument): string[] {
  const found: string[] = [];
  for (const [path, methods] of Object.entries(before.paths)) {
    for (const [method, old] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path}`;
      const now = next.paths[path]?.[method];
      if (!now) found.push(`${name} is gone`);
      else compareOperation(name, { old, before }, { now, next }, found);
    }
  }
  return found;
}

function compareOperation(
  name: string,
  { old, before }: { old: Operation; before: ApiDocument },
  { now, next }: { now: Operation; next: ApiDocument },
  found: string[],
): void {
  const compare = (where: string, direction: Direction, a: Schema | undefined, b: Schema | undefined) =>
    compareSchema(where, direction, { schema: a, document: before }, { schema: b, document: next }, found, 0);
  for (const parameter of old.parameters ?? []) {
    const same = now.parameters?.find((other) => other.name === parameter.name && other.in === parameter.in);
    const where = `${name}: ${parameter.in} parameter ${parameter.name}`;
    if (!same) found.push(`${where} is gone`);
    else compare(where, 'request', parameter.schema, same.schema);
  }
  for (const parameter of now.parameters ?? []) {
    const known = old.parameters?.some((other) => other.name === parameter.name && other.required);
    if (parameter.required && !known) found.push(`${name}: parameter ${parameter.name} has become mandatory`);
  }
  if (now.requestBody?.required && !old.requestBody?.required)
    found.push(`${name}: a body has become mandatory`);
  for (const [type, { schema }] of Object.entries(old.requestBody?.content ?? {})) {
    const same = now.requestBody?.content[type];
    if (!same) found.push(`${name}: takes no ${type} any more`);
    else compare(`${name}: body`, 'request', schema, same.schema);
  }
  for (const [status, { content }] of Object.entries(old.responses).filter(([code]) =>
    code.startsWith('2'),
  )) {
    if (!now.responses[status]) found.push(`${name}: does not answer ${status} any more`);
    for (const [type, { schema }] of Object.entries(content ?? {})) {
      compare(`${name}: answer`, 'response', schema, now.responses[status]?.content?.[type]?.schema);
    }
  }
}

function compareSchema(
  where: string,
  direction: Direction,
  a: Side,
  b: Side,
  found: string[],
  depth: number,
): void {
  const old = resolved(a);
  const now = resolved(b);
  if (!old || depth > DEPTH_MAX) return;
  if (!now) return void found.push(`${where} is gone`);
  compareTypes(where, direction, old, now, found);
  const next = (path: string, x: Schema | undefined, y: Schema | undefined) =>
    compareSchema(path, direction, { ...a, schema: x }, { ...b, schema: y }, found, depth + 1);
  for (const [field, schema] of Object.entries(old.properties ?? {})) {
    next(`${where}.${field}`, schema, now.properties?.[field]);
  }
  if (old.items) next(`${where}[]`, old.items, now.items);
  old.anyOf?.forEach((schema, i) => next(where, schema, now.anyOf?.[i]));
  const lost = direction === 'request' ? now.required : old.required;
  const kept = new Set(direction === 'request' ? old.required : now.required);
  for (const field of lost ?? []) {
    if (kept.has(field) || (direction === 'response' && !now.properties?.[field])) continue;
    found.push(
      `${where}.${field} ${direction === 'request' ? 'has become mandatory' : 'may be missing now'}`,
    );
  }
}

function compareTypes(where: string, direction: Direction, old: Schema, now: Schema, found: string[]): void {
  // Clients may send what they used to send, and must not be sent what they never saw.
  const [narrow, wide] = direction === 'request' ? [old, now] : [now, old];
  const types = typesOf(wide);
  if (types.length > 0 && typesOf(narrow).some((type) => !types.includes(type))) {
    found.push(`${where} was ${typesOf(old).join(' or ')} and is ${typesOf(now).join(' or ')}`);
  }
  if (direction === 'request' && now.enum) {
    const gone = (old.enum ?? []).filter((value) => !now.enum?.includes(value));
    if (!old.enum || gone.length > 0) found.push(`${where} takes fewer values`);
  }
}

function typesOf({ type }: Schema): string[] {
  return type === undefined ? [] : [type].flat();
}

function resolved({ schema, document }: Side): Schema | undefined {
  const prefix = '#/components/schemas/';
  return schema?.$ref?.startsWith(prefix)
    ? document.components.schemas[schema.$ref.slice(prefix.length)]
    : schema;
}
