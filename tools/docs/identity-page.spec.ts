import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';

type Operation = { tags: string[] };
const { paths } = JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const page = readFileSync(join(ROOT, 'docs/services/identity.md'), 'utf8');
/** `GET /v1/sessions`, with or without what may follow: `[?explain]`. */
const NAMED = /`((?:GET|POST|PUT|PATCH|DELETE) \/v1\/[^\s`[?]*)/g;

const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { tags }]) => ({ name: `${method.toUpperCase()} ${path}`, tags })),
);
const named = new Set([...page.matchAll(NAMED)].map(([, name]) => name as string));

describe('docs/services/identity.md', () => {
  it('names every operation of identity by method and path', () => {
    const identity = operations.filter(({ tags }) => tags.includes('identity')).map(({ name }) => name);
    expect(identity.length).toBeGreaterThan(0);
    expect(identity.filter((name) => !named.has(name))).toEqual([]);
  });

  it('names no operation that does not exist', () => {
    const existing = new Set(operations.map(({ name }) => name));
    expect([...named].filter((name) => !existing.has(name))).toEqual([]);
  });
});
