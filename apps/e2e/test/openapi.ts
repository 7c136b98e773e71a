type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  minimum?: number;
  minLength?: number;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  examples?: unknown[];
  anyOf?: Schema[];
};
type RawOperation = {
  operationId: string;
  parameters?: { in: string; name: string; required?: boolean; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  security?: unknown[];
};
type Document = {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema> };
  security?: unknown[];
};

/** One operation of the API as a test sees it. */
export type Operation = {
  id: string;
  method: string;
  path: string;
  pathParameters: string[];
  isPublic: boolean;
  /** The smallest body that is valid, when it takes JSON. */
  body: unknown;
  isJson: boolean;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const JSON_TYPE = 'application/json';

/** Every operation that the running gateway documents. */
export async function operationsOf(api: string): Promise<Operation[]> {
  const document = (await (await fetch(`${api}/v1/openapi.json`)).json()) as Document;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, raw]) => {
        const schema = raw.requestBody?.content[JSON_TYPE]?.schema;
        return {
          id: raw.operationId,
          method: method.toUpperCase(),
          path,
          pathParameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string),
          isPublic: (raw.security ?? document.security ?? [{}]).length === 0,
          body: schema ? sample(schema, document) : undefined,
          isJson: raw.requestBody === undefined || schema !== undefined,
        };
      }),
  );
}

/** A small value that a schema accepts; examples win over guesses. */
function sample(schema: Schema, document: Document): unknown {
  if (schema.$ref)
    return sample(document.components.schemas[schema.$ref.split('/').at(-1) as string] ?? {}, document);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.enum?.length) return schema.enum[0];
  if (schema.anyOf?.[0]) return sample(schema.anyOf[0], document);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || schema.properties) {
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
  if (format === 'decimal') return '1';
  if (format === 'uri') return 'https://example.test';
  return 'sample'.padEnd(minLength ?? 0, 'x');
}
