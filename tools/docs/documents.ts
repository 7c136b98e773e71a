import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { TestDatabase } from '@leadwire/testing';
import { ROOT } from '../infra/paths.ts';
import { asyncApiOf } from './asyncapi.ts';
import { breakingChanges, type ApiDocument } from './breaking.ts';
import { dataModelPage } from './data-model.ts';
import { configurationPage, eventsPage } from './pages.ts';
import type { Product } from './product.ts';

/** Path below the repository's root → content. */
export type Documents = Record<string, string>;

const OPENAPI_PATH = 'docs/openapi.json';

/** All generated documents as they should be. Needs TEST_DATABASE_ADMIN_URL for the data model. */
export async function documentsOf(product: Product): Promise<Documents> {
  const { openApi, events, consumers, configs, services } = product;
  const database = await TestDatabase.create(services);
  try {
    const names = services.map(({ service }) => service);
    const raw: Documents = {
      [OPENAPI_PATH]: JSON.stringify(openApi),
      'docs/asyncapi.json': JSON.stringify(asyncApiOf(events, consumers)),
      'docs/events.md': eventsPage(events, consumers),
      'docs/configuration.md': configurationPage(configs),
      'docs/data-model.md': await dataModelPage(names, (sql, params) => database.query(sql, params)),
    };
    const formatted = await Promise.all(
      Object.entries(raw).map(async ([path, text]) => [path, await formatDocument(path, text)] as const),
    );
    return Object.fromEntries(formatted);
  } finally {
    await database.drop();
  }
}

// The repository's formatter has the last word, so that its check never disagrees with what we write.
async function formatDocument(path: string, text: string): Promise<string> {
  const filepath = join(ROOT, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

/** Which committed documents are not what they should be. */
export function drifted(documents: Documents): string[] {
  return Object.entries(documents)
    .filter(([path, text]) => committed(path) !== text)
    .map(([path]) => path);
}

/** What the new API would break for clients of the committed one. */
export function breakingSinceCommitted({ openApi }: Product): string[] {
  const text = committed(OPENAPI_PATH);
  return text === undefined ? [] : breakingChanges(JSON.parse(text) as ApiDocument, openApi);
}

function committed(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return undefined;
  }
}
