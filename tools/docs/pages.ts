import { tmpdir } from 'node:os';
import { concernsItsPerson, fieldsOf, rightToSee, type EventType } from '@leadwire/contracts';
import type { DeclaredConsumer } from '@leadwire/messaging';
import { code, GENERATED, table } from './markdown.ts';
import type { AppConfig, VariableSpec } from './product.ts';

/** docs/events.md: every event, what it means, what it carries, who tells it and who listens. */
export function eventsPage(events: readonly EventType[], consumers: readonly DeclaredConsumer[]): string {
  const sections = [...new Set(events.map(({ service }) => service))].map((service) => {
    const rows = events
      .filter((event) => event.service === service)
      .map((event) => [
        code(event.type),
        event.aggregate,
        event.description,
        [...fieldsOf(event.data).keys()].map(code).join(', '),
        consumersOf(event, consumers).map(code).join(', ') || '–',
        sightOf(event),
      ]);
    return `## ${service}\n\n${table(['Event', 'Aggregate', 'Meaning', 'Data', 'Consumers', 'Shown to'], rows)}`;
  });
  return [
    GENERATED,
    '# Events',
    'What the services tell each other. Subject `evt.<service>.<aggregate>.<event>.<tenant>` on the JetStream stream `EVENTS`, CloudEvents 1.0 in binary mode (attributes as `ce-` headers, data as JSON). Delivered at least once and in order per aggregate; each consumer handles an event exactly once in effect. Clients see the same events at `GET /v1/events/stream`, each who holds the right in the last column. Schemas: [asyncapi.json](asyncapi.json).',
    ...sections,
    '',
  ].join('\n\n');
}

/** Whom the event stream tells of an event. */
function sightOf(event: EventType): string {
  const right = rightToSee(event);
  const readers = right && right !== 'own' ? [code(right)] : [];
  return [...readers, ...(concernsItsPerson(event) ? ['whom it concerns'] : [])].join(', ');
}

function consumersOf(event: EventType, consumers: readonly DeclaredConsumer[]): string[] {
  return consumers
    .filter(({ events }) => events.some(({ type }) => type === event.type))
    .map(({ consumer }) => consumer)
    .sort();
}

/** From how many apps on a variable is described once for all. */
const SHARED_BY = 3;

type Variable = { name: string; spec: VariableSpec; apps: string[] };

/** docs/configuration.md: every environment variable that an app reads. */
export function configurationPage(configs: readonly AppConfig[]): string {
  const variables = variablesOf(configs);
  const shared = variables.filter(({ apps }) => apps.length >= SHARED_BY);
  const sections = configs.map(({ app }) => {
    const own = variables.filter(({ apps }) => apps.length < SHARED_BY && apps.includes(app));
    const body = own.length > 0 ? table(HEAD, own.map(row)) : 'Nothing beyond the above.';
    return `## ${app}\n\n${body}`;
  });
  return [
    GENERATED,
    '# Configuration',
    'Environment variables of the apps, checked at start: an app that misses one names it and all others that are wrong, and does not start. `npm start` sets all of them for the local instance; secrets are made on its first run.',
    '## Shared',
    table(
      [...HEAD, 'Apps'],
      shared.map((variable) => [...row(variable), appsOf(variable, configs)]),
    ),
    ...sections,
    '',
  ].join('\n\n');
}

const HEAD = ['Variable', 'Default', 'Meaning'];

function variablesOf(configs: readonly AppConfig[]): Variable[] {
  const found: Variable[] = [];
  for (const { app, variables } of configs) {
    for (const [name, spec] of Object.entries(variables)) {
      const same = found.find(
        (other) =>
          other.name === name && other.spec.desc === spec.desc && other.spec.default === spec.default,
      );
      if (same) same.apps.push(app);
      else found.push({ name, spec, apps: [app] });
    }
  }
  return found;
}

function row({ name, spec }: Variable): string[] {
  const choices = spec.choices
    ? ` One of ${spec.choices.map((choice) => code(String(choice))).join(', ')}.`
    : '';
  const example = spec.example ? ` Example: ${code(spec.example)}.` : '';
  return [code(name), defaultOf(spec), `${spec.desc ?? ''}${choices}${example}`];
}

function defaultOf({ default: value }: VariableSpec): string {
  if (value === undefined) return 'required';
  if (value === '') return 'empty';
  return code(String(value).replace(tmpdir(), '<temporary folder>'));
}

function appsOf({ apps }: Variable, configs: readonly AppConfig[]): string {
  return apps.length === configs.length ? 'all' : apps.join(', ');
}
