import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DeclaredConsumer } from '@leadwire/messaging';
import type { EventType } from '@leadwire/contracts';
import type { ServiceMigrations } from '@leadwire/persistence';
import { ROOT } from '../infra/paths.ts';
import type { ApiDocument } from './breaking.ts';

/** What one environment variable of an app is, as its validator says. */
export type VariableSpec = {
  desc?: string;
  default?: unknown;
  example?: string;
  choices?: readonly unknown[];
};
export type AppConfig = { app: string; variables: Record<string, VariableSpec> };

/** Everything that the documents are written from. */
export type Product = {
  openApi: ApiDocument;
  events: EventType[];
  consumers: readonly DeclaredConsumer[];
  configs: AppConfig[];
  services: ServiceMigrations[];
};

/** Compiled code, which Node runs as it is, or sources, which the tests compile as they load them. */
export type Form = 'dist' | 'src';

/** Loads all apps and asks their declarations; nothing is started. */
export async function loadProduct(form: Form): Promise<Product> {
  const apps = readdirSync(join(ROOT, 'apps'))
    .filter((app) => existsSync(join(ROOT, 'apps', app, form)))
    .sort();
  const configs: AppConfig[] = [];
  const services: ServiceMigrations[] = [];
  for (const app of apps) {
    for (const file of filesOf(app, form, 'consumer')) await load(app, form, file);
    const config = await loadIf(app, form, `${app}.config`);
    if (config) configs.push({ app, variables: exported(config, `${app}Config`) });
    const migrations = await loadIf(app, form, 'migrations/index');
    if (migrations) services.push({ service: app, migrations: exported(migrations, 'migrations') });
  }
  const [contracts, messaging] = await Promise.all([
    import('@leadwire/contracts'),
    import('@leadwire/messaging'),
  ]);
  return {
    openApi: await openApi(form),
    events: contracts.allEvents().sort((a, b) => a.type.localeCompare(b.type)),
    consumers: messaging.allConsumers(),
    configs,
    services,
  };
}

async function openApi(form: Form): Promise<ApiDocument> {
  const [controllers, routes, document] = await Promise.all([
    load('gateway', form, 'controllers'),
    load('gateway', form, 'http/route-table'),
    load('gateway', form, 'openapi/document'),
  ]);
  const routesOf = exported<(controllers: unknown) => unknown>(routes, 'routesOf');
  const openApiOf = exported<(routes: unknown) => ApiDocument>(document, 'openApiOf');
  return openApiOf(routesOf(exported(controllers, 'apiControllers')));
}

function filesOf(app: string, form: Form, kind: string): string[] {
  const ending = `.${kind}${extension(form)}`;
  return readdirSync(join(ROOT, 'apps', app, form), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -extension(form).length))
    .sort();
}

function extension(form: Form): string {
  return form === 'dist' ? '.js' : '.ts';
}

function pathOf(app: string, form: Form, module: string): string {
  return join(ROOT, 'apps', app, form, `${module}${extension(form)}`);
}

async function load(app: string, form: Form, module: string): Promise<Record<string, unknown>> {
  const path = pathOf(app, form, module);
  return (await import(form === 'dist' ? pathToFileURL(path).href : path)) as Record<string, unknown>;
}

async function loadIf(app: string, form: Form, module: string): Promise<Record<string, unknown> | undefined> {
  return existsSync(pathOf(app, form, module)) ? load(app, form, module) : undefined;
}

function exported<T>(module: Record<string, unknown>, name: string): T {
  if (!(name in module)) throw new Error(`A module should export ${name} and does not.`);
  return module[name] as T;
}
