import type { JsonSchema } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import type { Route } from '../http/route-table.js';
import { isVersioned } from '../http/version-tag.js';

/** RFC 9457, with our members. */
export const problemSchemas: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    type: 'object',
    properties: {
      type: { type: 'string', description: 'A URN that names the kind of problem.' },
      title: { type: 'string', description: 'What happened, for people.' },
      status: { type: 'integer' },
      code: { type: 'string', description: 'Stable and dotted, for programs: `lead.not_found`.' },
      requestId: { type: 'string', description: 'Name of this request in our logs.' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/ProblemDetail' } },
    },
    required: ['type', 'title', 'status', 'code', 'requestId'],
    additionalProperties: true,
  },
  ProblemDetail: {
    type: 'object',
    properties: {
      pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) into the input.' },
      code: { type: 'string' },
      detail: { type: 'string' },
    },
    required: ['pointer', 'code', 'detail'],
    additionalProperties: false,
  },
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  Invalid: requestErrors.invalid().message,
  Unauthenticated: requestErrors.unauthenticated().message,
  Forbidden: requestErrors.forbidden().message,
  NotFound: requestErrors.not_found().message,
  Conflict: 'Something else is in the way: it exists already, or somebody else is changing it.',
  PreconditionFailed: 'It changed since you read it.',
  TooLarge: requestErrors.too_large().message,
  UnsupportedMedia: 'Send the body as application/json.',
  Unprocessable: 'The request is understood but cannot be done as it stands.',
  RateLimited: requestErrors.rate_limited().message,
  Failed: 'Something went wrong on our side, or a part of Leadwire is away; `code` says which.',
};

export const problemResponses = Object.fromEntries(
  Object.entries(DESCRIPTIONS).map(([name, description]) => [
    name,
    {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);

/** Which problems a route can answer with. */
export function responseRefs({ method, params, endpoint }: Route): Record<string, object> {
  const signedIn = endpoint?.method.can !== 'public';
  const withBody = method !== 'GET' && method !== 'DELETE';
  const names: [number, string, boolean][] = [
    [400, 'Invalid', true],
    [401, 'Unauthenticated', true],
    // Who is not signed in may still name, in a body, what is not theirs: a team they left.
    [403, 'Forbidden', signedIn || withBody],
    // What a body names may be away as well.
    [404, 'NotFound', params.length > 0 || withBody],
    [409, 'Conflict', method !== 'GET'],
    [
      412,
      'PreconditionFailed',
      method === 'PATCH' || method === 'PUT' || (withBody && isVersioned(endpoint?.method.input)),
    ],
    [413, 'TooLarge', withBody],
    [415, 'UnsupportedMedia', withBody],
    [422, 'Unprocessable', withBody],
    [429, 'RateLimited', true],
  ];
  const applying = names
    .filter(([, , applies]) => applies)
    .map(([status, name]) => [String(status), ref(name)]);
  return { ...Object.fromEntries(applying), default: ref('Failed') };
}

function ref(name: string): object {
  return { $ref: `#/components/responses/${name}` };
}
