import { fieldsOf, fieldSchema, refTo, schemaOf, type Class, type JsonSchema } from '@leadwire/contracts';
import type { Route } from '../http/route-table.js';
import { isVersioned } from '../http/version-tag.js';
import { problemSchemas, problemResponses, responseRefs } from './problems.js';

export type OpenApiDocument = {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, object>;
    securitySchemes: Record<string, object>;
  };
};

export type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
};
type Content = Record<string, { schema: JsonSchema }>;
export type Operation = {
  operationId: string;
  summary: string;
  tags: string[];
  'x-capability': string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, object>;
};

const TAGS: Readonly<Record<string, string>> = {
  identity: 'Teams, people and their sessions',
  leads: 'The pipeline: leads, notes, imports',
  campaigns: 'Sequences, templates and mail accounts',
  billing: 'Wallet, ledger, prices and usage',
  gateway: 'What the gateway offers itself',
};

const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The ETag that was read: what changed since then is left alone and answered with 412.',
  schema: { type: 'string', pattern: '^(?:W/)?"\\d{1,15}"$|^\\*$' },
};

/** Methods whose input travels in the query, because their bodies mean nothing. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE']);

/**
 * The OpenAPI 3.1 document of these routes. Everything in it follows from contracts and route metadata, so it cannot
 * disagree with what the gateway does.
 * @throws Error when a route's path names a parameter that its input does not have, or an operation exists twice
 */
export function openApiOf(routes: readonly Route[]): OpenApiDocument {
  const components = new Map<string, JsonSchema>(Object.entries(problemSchemas));
  const paths: OpenApiDocument['paths'] = {};
  const operationIds = new Set<string>();
  for (const route of [...routes].sort(
    (a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method),
  )) {
    const operation = operationOf(route, components);
    if (operationIds.has(operation.operationId))
      throw new Error(`Two routes offer ${operation.operationId}.`);
    operationIds.add(operation.operationId);
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation;
  }
  const used = new Set(
    Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ tags }) => tags)),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Leadwire API',
      version: '1',
      description:
        'JSON over HTTPS. Failures are `application/problem+json` (RFC 9457) with a stable `code`. Lists go on with `cursor`. A POST may carry an `Idempotency-Key`: repeated with the same body it answers the same and does nothing twice.',
    },
    servers: [{ url: '/' }],
    tags: [...used].sort().map((name) => ({ name, description: TAGS[name] ?? name })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b))),
      responses: problemResponses,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'The `accessToken` of a session, or an API key where the operation names a capability.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-lw_session',
          description:
            'The same in a browser that logged in with `X-Leadwire-Mode: browser`. What changes anything needs `X-Leadwire-CSRF: 1` too.',
        },
      },
    },
  };
}

function operationOf(route: Route, components: Map<string, JsonSchema>): Operation {
  const { endpoint } = route;
  if (!endpoint) throw new Error(`${route.controller}.${route.handler} has no @Endpoint.`);
  const { method, summary, form } = endpoint;
  const inBody = !WITHOUT_BODY.has(route.method);
  return {
    operationId: `${method.api}.${method.name}`,
    summary,
    tags: [method.service],
    'x-capability': method.can,
    security: method.can === 'public' ? [] : [{ bearer: [] }, { cookie: [] }],
    parameters: [
      ...pathParameters(route, method.input, components, form !== undefined),
      ...(inBody ? [] : queryParameters(route, method.input, components)),
      ...headerParameters(route),
    ],
    ...(inBody ? bodyOf(route, method.input, components) : {}),
    responses: { ...successOf(route, components), ...responseRefs(route) },
  };
}

function pathParameters(
  route: Route,
  input: Class,
  components: Map<string, JsonSchema>,
  free: boolean,
): Parameter[] {
  return route.params.map((name) => {
    const field = fieldsOf(input).get(name);
    if (!field && !free) throw new Error(`${route.path} names ${name}, which ${input.name} does not have.`);
    return {
      name,
      in: 'path',
      required: true,
      schema: field ? withoutNull(fieldSchema(field, components)) : { type: 'string' },
    };
  });
}

function queryParameters(route: Route, input: Class, components: Map<string, JsonSchema>): Parameter[] {
  return [...fieldsOf(input)]
    .filter(([name]) => !route.params.includes(name))
    .map(([name, field]) => {
      const { description, ...schema } = fieldSchema(field, components);
      return {
        name,
        in: 'query',
        required: !field.optional,
        ...(description ? { description } : {}),
        schema,
      };
    });
}

function headerParameters(route: Route): Parameter[] {
  return [...modeParameters(route), ...ownParameters(route)];
}

function modeParameters({ endpoint }: Route): Parameter[] {
  const { session } = endpoint as { session?: string };
  if (session !== 'answers' && session !== 'renews') return [];
  const description =
    'Keep the tokens in cookies that no script can read, instead of answering them; needs `X-Leadwire-CSRF: 1`.';
  return [
    {
      name: 'X-Leadwire-Mode',
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', enum: ['browser'] },
    },
  ];
}

function ownParameters({ method, endpoint }: Route): Parameter[] {
  if (endpoint?.produces === 'text/event-stream') {
    return [
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'Go on after this event.',
        schema: { type: 'string' },
      },
    ];
  }
  if (method === 'PATCH' && isVersioned(endpoint?.method.input)) return [IF_MATCH];
  if (method !== 'POST' || endpoint?.method.idempotent || endpoint?.method.can === 'public') return [];
  const description = 'Repeat a request safely: the same key with the same body answers the same.';
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
}

function bodyOf(
  route: Route,
  input: Class,
  components: Map<string, JsonSchema>,
): Pick<Operation, 'requestBody'> {
  const { form } = route.endpoint as { form?: Readonly<Record<string, string>> };
  if (form) {
    const properties = Object.fromEntries(
      Object.entries(form).map(([name, description]) => [
        name,
        { type: 'string', description, ...(name === 'file' ? { format: 'binary' } : {}) },
      ]),
    );
    return {
      requestBody: {
        required: true,
        content: { 'multipart/form-data': { schema: { type: 'object', properties, required: ['file'] } } },
      },
    };
  }
  const own = [...fieldsOf(input)].filter(([name]) => !route.params.includes(name));
  if (own.length === 0) return {};
  // A browser's refresh token comes with its cookie.
  const required = own.some(([, field]) => !field.optional) && route.endpoint?.session !== 'renews';
  return {
    requestBody: {
      required,
      content: { 'application/json': { schema: bodySchema(route, input, components) } },
    },
  };
}

// The part of the input that is not in the path gets a name of its own, so that clients can be generated from it.
function bodySchema(route: Route, input: Class, components: Map<string, JsonSchema>): JsonSchema {
  if (route.params.length === 0) return refTo(input, components);
  const name = `${input.name}Body`;
  const { properties = {}, required = [], ...rest } = schemaOf(input, components);
  const kept = Object.fromEntries(
    Object.entries(properties).filter(([field]) => !route.params.includes(field)),
  );
  const needed = required.filter((field) => !route.params.includes(field));
  components.set(name, { ...rest, properties: kept, ...(needed.length > 0 ? { required: needed } : {}) });
  return { $ref: `#/components/schemas/${name}` };
}

function successOf({ status, endpoint }: Route, components: Map<string, JsonSchema>): Record<string, object> {
  const { method, produces } = endpoint as { method: { output?: Class }; produces?: string };
  const headers = {
    'x-request-id': { description: 'Name of this request in our logs.', schema: { type: 'string' } },
  };
  if (produces)
    return {
      [status]: { description: 'Done.', headers, content: { [produces]: { schema: { type: 'string' } } } },
    };
  if (!method.output) return { [status]: { description: 'Done.', headers } };
  return {
    [status]: {
      description: 'Done.',
      headers,
      content: { 'application/json': { schema: refTo(method.output, components) } },
    },
  };
}

function withoutNull(schema: JsonSchema): JsonSchema {
  return Array.isArray(schema.type) ? { ...schema, type: schema.type[0] as string } : schema;
}
