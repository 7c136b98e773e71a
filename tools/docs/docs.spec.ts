import { Parser } from '@asyncapi/parser';
import { asyncApiOf } from './asyncapi.ts';
import { breakingChanges, type ApiDocument, type Schema } from './breaking.ts';
import { breakingSinceCommitted, documentsOf, drifted } from './documents.ts';
import { configurationPage } from './pages.ts';
import { loadProduct, type Product } from './product.ts';

const GENERATION_MS = 300_000;

describe('the generated documents', () => {
  let product: Product;
  beforeAll(async () => {
    product = await loadProduct('src');
  }, GENERATION_MS);

  it(
    'say what the code does; run `npm run docs` and commit when they do not',
    async () => {
      expect(drifted(await documentsOf(product))).toEqual([]);
    },
    GENERATION_MS,
  );

  it('describe an API that breaks no client of the committed one', () => {
    expect(breakingSinceCommitted(product)).toEqual([]);
  });

  it(
    'hold valid AsyncAPI 3',
    async () => {
      const document = asyncApiOf(product.events, product.consumers);
      const { diagnostics } = await new Parser().parse(JSON.stringify(document));
      expect(
        diagnostics
          .filter(({ severity }) => severity === 0)
          .map(({ message, path }) => `${path.join('.')}: ${message}`),
      ).toEqual([]);
    },
    GENERATION_MS,
  );

  it('explain every variable that an app reads', () => {
    const unexplained = product.configs.flatMap(({ app, variables }) =>
      Object.entries(variables)
        .filter(([, { desc }]) => !desc)
        .map(([name]) => `${app}: ${name}`),
    );
    expect(unexplained).toEqual([]);
    expect(configurationPage(product.configs)).toContain('`RATE_TENANT_PER_SECOND`');
  });
});

describe('a change of the API', () => {
  const api = (input: Schema, output: Schema): ApiDocument => ({
    paths: {
      '/v1/things': {
        post: {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Input' } } },
          },
          responses: {
            '201': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Output' } } } },
          },
        },
      },
    },
    components: { schemas: { Input: input, Output: output } },
  });
  const thing = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
    type: 'object',
    properties,
    required,
  });
  const text: Schema = { type: 'string' };
  const before = api(
    thing({ name: text, kind: { ...text, enum: ['a', 'b'] } }, ['name']),
    thing({ id: text, name: text }, ['id', 'name']),
  );
  const sentences = (input: Schema, output: Schema) => breakingChanges(before, api(input, output));
  const sameInput = before.components.schemas['Input'] as Schema;
  const sameOutput = before.components.schemas['Output'] as Schema;

  it('that only adds breaks nobody', () => {
    const input = thing({ name: text, kind: { ...text, enum: ['a', 'b', 'c'] }, more: text }, ['name']);
    const output = thing({ id: text, name: text, more: text }, ['id', 'name', 'more']);
    expect(sentences(input, output)).toEqual([]);
    expect(breakingChanges({ paths: {}, components: { schemas: {} } }, before)).toEqual([]);
  });

  it.each<[string, Schema, Schema, string]>([
    [
      'a mandatory field of the input',
      thing({ name: text, kind: text, more: text }, ['name', 'more']),
      sameOutput,
      'body.more has become mandatory',
    ],
    ['a removed field of the input', thing({ name: text }, ['name']), sameOutput, 'body.kind is gone'],
    [
      'fewer values',
      thing({ name: text, kind: { ...text, enum: ['a'] } }, ['name']),
      sameOutput,
      'body.kind takes fewer values',
    ],
    [
      'another type',
      thing({ name: { type: 'integer' }, kind: text }, ['name']),
      sameOutput,
      'body.name was string and is integer',
    ],
    ['a removed field of the answer', sameInput, thing({ id: text }, ['id']), 'answer.name is gone'],
    [
      'a field of the answer that may be missing',
      sameInput,
      thing({ id: text, name: text }, ['id']),
      'answer.name may be missing now',
    ],
    [
      'a field of the answer that may be null',
      sameInput,
      thing({ id: text, name: { type: ['string', 'null'] } }, ['id', 'name']),
      'answer.name was string and is string or null',
    ],
  ])('with %s is named', (_, input, output, sentence) => {
    expect(sentences(input, output)).toEqual([`POST /v1/things: ${sentence}`]);
  });

  it('without a path or method is named', () => {
    expect(breakingChanges(before, { ...before, paths: {} })).toEqual(['POST /v1/things is gone']);
  });
});
