/** The part of OpenAPI 3.1 that the gateway writes. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  examples?: unknown[];
  anyOf?: Schema[];
};
export type Parameter = { in: string; name: string; required?: boolean; schema?: Schema };
type Content = Record<string, { schema: Schema }>;
type RawOperation = {
  operationId: string;
  'x-capability'?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { $ref?: string; content?: Content }>;
  security?: unknown[];
};
export type ApiDocument = {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema> };
};

/** One operation of the API as a proof sees it. */
export type Operation = {
  id: string;
  /** Upper case. */
  method: string;
  path: string;
  pathParameters: Parameter[];
  queryParameters: Parameter[];
  headerParameters: string[];
  /** Who may call it: a capability, `signed-in` or `public`. */
  capability: string;
  /** Of the JSON body, when it takes one. */
  body: Schema | undefined;
  bodyRequired: boolean;
  /** Whether it takes a form instead. */
  isForm: boolean;
  /** Statuses of success that it documents. */
  successes: number[];
  /** Whether its answer goes on for ever. */
  streams: boolean;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
export const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data';
const EVENT_STREAM = 'text/event-stream';

/** What the running gateway says of itself. */
export async function documentOf(api: string): Promise<ApiDocument> {
  return (await (await fetch(`${api}/v1/openapi.json`)).json()) as ApiDocument;
}

/** Every operation of a document. @throws Error for one that does not say who may call it */
export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, raw]) => operationOf(method.toUpperCase(), path, raw)),
  );
}

function operationOf(method: string, path: string, raw: RawOperation): Operation {
  const capability = raw['x-capability'];
  if (!capability) throw new Error(`${raw.operationId} does not say who may call it (x-capability).`);
  const parameters = raw.parameters ?? [];
  const content = raw.requestBody?.content ?? {};
  const successes = Object.keys(raw.responses)
    .map(Number)
    .filter((status) => status >= 200 && status < 400);
  return {
    id: raw.operationId,
    method,
    path,
    pathParameters: parameters.filter((parameter) => parameter.in === 'path'),
    queryParameters: parameters.filter((parameter) => parameter.in === 'query'),
    headerParameters: parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    capability,
    body: content[JSON_TYPE]?.schema,
    bodyRequired: raw.requestBody?.required ?? false,
    isForm: content[FORM_TYPE] !== undefined,
    successes,
    streams: successes.some((status) => raw.responses[status]?.content?.[EVENT_STREAM] !== undefined),
  };
}

/** A schema with its `$ref` followed. */
export function resolved(schema: Schema, document: ApiDocument): Schema {
  if (!schema.$ref) return schema;
  return document.components.schemas[schema.$ref.split('/').at(-1) as string] ?? {};
}

/** The types that a schema takes. */
export function typesOf({ type, properties }: Schema): string[] {
  if (type === undefined) return properties ? ['object'] : [];
  return Array.isArray(type) ? type : [type];
}

/** The smallest value that a schema accepts; examples win over guesses. */
export function sample(schema: Schema, document: ApiDocument): unknown {
  if (schema.$ref) return sample(resolved(schema, document), document);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.enum?.length) return schema.enum[0];
  if (schema.anyOf?.[0]) return sample(schema.anyOf[0], document);
  const [type] = typesOf(schema);
  if (type === 'object') {
    const required = schema.required ?? [];
    return Object.fromEntries(
      required.map((name) => [name, sample(schema.properties?.[name] ?? {}, document)]),
    );
  }
  if (type === 'array') return [];
  if (type === 'integer') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  return sampleText(schema);
}

function sampleText({ format, minLength }: Schema): string {
  if (format === 'uuid') return '018f4e1a-7c3b-7000-8000-000000000000';
  if (format === 'email') return 'sample@example.test';
  if (format === 'date-time') return '2026-11-22T12:00:00Z';
  if (format === 'date') return '2026-11-22';
  if (format === 'decimal') return '1';
  if (format === 'uri') return 'https://example.test';
  return 'sample'.padEnd(minLength ?? 0, 'x');
}

/** Names a team as well as its id does. */
const SLUG = 'tenantSlug';

/** Where in a JSON body ids may stand: the pointer of every field of format uuid and of a team's slug, list items as `/0`. */
export function idFieldsOf(schema: Schema | undefined, document: ApiDocument, at: string[] = []): string[][] {
  if (!schema || at.length > 6) return [];
  const { anyOf, items, properties, format } = resolved(schema, document);
  if (format === 'uuid' || at.at(-1) === SLUG) return [at];
  return [
    ...(anyOf ?? []).flatMap((option) => idFieldsOf(option, document, at)),
    ...(items ? idFieldsOf(items, document, [...at, '0']) : []),
    ...Object.entries(properties ?? {}).flatMap(([name, property]) =>
      idFieldsOf(property, document, [...at, name]),
    ),
  ];
}
