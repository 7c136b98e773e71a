import { SessionTokens } from '@leadwire/contracts';
import { apiControllers } from '../src/controllers.js';
import { routesOf } from '../src/http/route-table.js';
import { openApiOf, type OpenApiDocument, type Operation } from '../src/openapi/document.js';
import { GatewayFixture } from './gateway-fixture.js';
import { ThingsController } from './things.controller.js';

const product = openApiOf(routesOf(apiControllers));

function operationsOf(document: OpenApiDocument): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref') yield inner as string;
    else yield* referencesIn(inner);
  }
}

describe('the API document', () => {
  it.each(operationsOf(product))('describes %s whole', (name, operation) => {
    expect(operation).toMatchObject({
      operationId: expect.stringMatching(/^[a-z-]+\.[a-zA-Z-]+\.[a-zA-Z]+$/),
      summary: expect.stringMatching(/^[A-Z].{3,}[^.]$/),
      tags: [expect.any(String)],
      'x-capability': expect.any(String),
    });
    const inPath = [...name.matchAll(/\{([A-Za-z]+)\}/g)].map((match) => match[1]);
    expect(operation.parameters.filter((p) => p.in === 'path').map((p) => p.name)).toEqual(inPath);
    expect(operation.security).toEqual(
      operation['x-capability'] === 'public' ? [] : [{ bearer: [] }, { cookie: [] }],
    );
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '429', 'default']));
  });

  it('has no operation that answers tokens without the choice of cookies', () => {
    const withoutChoice = routesOf(apiControllers)
      .filter(({ endpoint }) => endpoint?.method.output === SessionTokens && endpoint.session === undefined)
      .map(({ method, path }) => `${method} ${path}`);
    expect(withoutChoice).toEqual([]);
  });

  it('refers to nothing that is not in it', () => {
    for (const reference of referencesIn(product)) {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], product);
      expect([reference, target]).toEqual([reference, expect.any(Object)]);
    }
  });

  it('says that what a body names may be away, and that what it has read may have changed', () => {
    const responses = (id: string) =>
      Object.keys(
        operationsOf(product).find(([, { operationId }]) => operationId === id)?.[1].responses ?? {},
      );
    expect(responses('campaigns.campaigns.create')).toContain('404');
    expect(responses('leads.notes.add')).toContain('404');
    expect(responses('leads.leads.list')).not.toContain('404');
    expect(responses('leads.leads.assign')).toContain('412');
    expect(responses('leads.notes.add')).not.toContain('412');
  });

  it('splits an input into path, query and body', () => {
    const { paths, components } = openApiOf(routesOf([ThingsController]));
    const rename = paths['/v1/things/{thingId}']?.['patch'];
    expect(rename?.parameters).toMatchObject([
      { name: 'thingId', in: 'path', required: true, schema: { format: 'uuid' } },
      { name: 'If-Match', in: 'header', required: false },
    ]);
    expect(rename?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/RenameThingBody' } } },
    });
    expect(components.schemas['RenameThingBody']).toMatchObject({
      required: ['name'],
      additionalProperties: false,
    });
    expect(Object.keys(components.schemas['RenameThingBody']?.properties ?? {})).toEqual(['name', 'version']);
    const list = paths['/v1/things']?.['get'];
    expect(list?.parameters.map(({ name, in: where }) => `${where} ${name}`)).toEqual([
      'query limit',
      'query cursor',
      'query shiny',
      'query weight',
      'query tags',
    ]);
    expect(paths['/v1/things']?.['post']?.parameters).toMatchObject([
      { name: 'Idempotency-Key', in: 'header' },
    ]);
  });
});

describe('the API page', () => {
  let gateway: GatewayFixture;
  beforeAll(async () => {
    gateway = await GatewayFixture.start();
  });
  afterAll(() => gateway.stop());

  it('is served with everything it loads, from here, under a policy that allows just that', async () => {
    const page = await fetch(`${gateway.url}/docs`);
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') as string;
    expect(policy).toContain("script-src 'self';");
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(loaded).toHaveLength(4);
    for (const path of loaded) {
      const asset = await fetch(`${gateway.url}${path}`);
      expect([path, asset.status]).toEqual([path, 200]);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it('serves nothing else of the package', async () => {
    for (const name of ['package.json', '..%2fpackage.json', '__proto__', 'swagger-ui.js']) {
      expect((await fetch(`${gateway.url}/docs/assets/${name}`)).status).toBe(404);
    }
  });

  it('shows the document of the running gateway', async () => {
    const response = await fetch(`${gateway.url}/v1/openapi.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    const document = (await response.json()) as OpenApiDocument;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/things/{thingId}');
  });
});
