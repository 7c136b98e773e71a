import fc from 'fast-check';
import type { ApiDocument, Operation } from '../isolation/openapi.ts';
import { operationsOf } from '../isolation/openapi.ts';
import type { Answer } from '../isolation/request.ts';
import { Documented } from './answers.ts';
import { arbitraryOf } from './arbitraries.ts';
import { mutated, pointersOf } from './mutations.ts';
import { Tally } from './tally.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 20 },
    count: { type: ['integer', 'null'], minimum: 1, maximum: 9 },
    leadIds: { type: 'array', maxItems: 3, items: { type: 'string', format: 'uuid' } },
    at: { type: 'string', format: 'date-time' },
    price: { type: 'string', format: 'decimal', pattern: '^\\d{1,14}(\\.\\d{1,6})?$', maxLength: 26 },
    kind: { type: 'string', enum: ['a', 'b'] },
    inner: { anyOf: [{ $ref: '#/components/schemas/Inner' }, { type: 'null' }] },
  },
  required: ['name'],
  additionalProperties: false,
};
const json = (name: string) => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const document = {
  paths: {
    '/v1/things/{id}': {
      patch: {
        operationId: 'things.things.update',
        'x-capability': 'leads.write',
        requestBody: { required: true, ...json('Thing') },
        responses: { '200': json('Thing'), '404': {}, default: {} },
      },
    },
  },
  components: {
    schemas: {
      Thing: SCHEMA,
      Inner: { type: 'object', properties: { ok: { type: 'boolean' } }, additionalProperties: false },
      Problem: { type: 'object', required: ['code', 'title'] },
    },
  },
} as ApiDocument;
const documented = new Documented(document);
const operation = operationsOf(document)[0] as Operation;

const answer = (status: number, body: unknown, type = 'application/json', headers = {}): Answer => ({
  status,
  headers: { 'content-type': type, ...headers },
  text: JSON.stringify(body),
  sent: '',
});
const problem = (status: number, body: object = {}, headers = {}): Answer =>
  answer(
    status,
    { status, code: 'c', title: 't', requestId: 'r', ...body },
    'application/problem+json',
    headers,
  );

describe('a generated body', () => {
  it('is always one that its schema takes', () => {
    const bodies = arbitraryOf({ $ref: '#/components/schemas/Thing' }, document, () => undefined);
    fc.assert(fc.property(bodies, (body) => documented.takes(operation, body)));
  });

  it('sometimes names what exists', () => {
    const id = '018f4e1a-7c3b-7000-8000-000000000001';
    const bodies = arbitraryOf(SCHEMA, document, (name) => (name === 'leadIds' ? id : undefined));
    expect(
      fc.sample(bodies, { numRuns: 100, seed: 1 }).some((body) => JSON.stringify(body).includes(id)),
    ).toBe(true);
  });
});

describe('a mutation', () => {
  const body = { name: 'n', inner: { ok: true }, leadIds: ['x'] };

  it('can be at every place of a body', () => {
    expect(pointersOf(body)).toEqual([
      [],
      ['name'],
      ['inner'],
      ['inner', 'ok'],
      ['leadIds'],
      ['leadIds', '0'],
    ]);
  });

  it('replaces, removes or adds one thing and leaves the original alone', () => {
    expect(mutated(body, { kind: 'value', pointer: ['inner', 'ok'], value: 1 })).toMatchObject({
      inner: { ok: 1 },
    });
    expect(mutated(body, { kind: 'missing', pointer: ['name'] })).toEqual({
      inner: { ok: true },
      leadIds: ['x'],
    });
    expect(JSON.stringify(mutated(body, { kind: 'extra', pointer: ['inner'], name: '__proto__' }))).toContain(
      '"inner":{"ok":true,"__proto__":1}',
    );
    expect(body).toEqual({ name: 'n', inner: { ok: true }, leadIds: ['x'] });
  });
});

describe('an answer', () => {
  const faults = (given: Answer) => documented.faultsOf(operation, given, false);

  it('as documented is no fault', () => {
    expect(faults(answer(200, { name: 'n' }))).toEqual([]);
    expect(faults(problem(404))).toEqual([]);
    expect(faults(problem(503, {}, { 'retry-after': '1' }))).toEqual([]);
  });

  it.each([
    ['that is a failure', problem(500), 'failed with 500'],
    ['that is away without saying until when', problem(503), 'failed with 503'],
    ['with a status that is not documented', problem(409), 'not documented'],
    ['with a field that is not documented', answer(200, { name: 'n', secret: 1 }), 'not as documented'],
    ['without a field that is required', answer(200, {}), 'not as documented'],
    ['of another type', answer(200, { name: 'n' }, 'text/html'), 'as text/html'],
    ['that refuses without problem+json', answer(404, {}), 'as application/json'],
    ['that refuses without a code', problem(404, { code: undefined }), 'without a code'],
  ])('%s is a fault', (_, given, fault) => {
    expect(faults(given)).toEqual([expect.stringContaining(fault)]);
  });
});

describe('the answers of one operation', () => {
  const faultsOf = (...answers: Answer[]) => {
    const tally = new Tally(operation);
    for (const given of answers) tally.count(given, documented.faultsOf(operation, given, false));
    return tally.faults();
  };
  const away = problem(503, {}, { 'retry-after': '1' });

  it('are enough when one is a success', () => {
    expect(faultsOf(away, problem(404), answer(200, { name: 'n' }))).toEqual([]);
  });

  it('are not when all of them put off', () => {
    expect(faultsOf(away, away)).toEqual(['was never there: all 2 answers were 503']);
  });

  it('are not when none is a success, or none with what is documented', () => {
    expect(faultsOf(problem(404), away)).toEqual(['never succeeded in 2 requests']);
    expect(faultsOf(answer(200, { name: 'n', secret: 1 }))).toEqual(['never succeeded in 1 requests']);
  });
});
