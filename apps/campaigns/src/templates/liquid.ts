import { Context, Liquid, type Template as Parsed } from 'liquidjs';
import type { VariablesSchema } from '@leadwire/contracts';
import { RenderLimit } from './render-limit.js';

const PARSE_CHARACTERS_MAX = 60_000;
/** Processor time of one text. Rendering holds up the whole process; a mail of many pages takes less than one. */
const RENDER_MS_MAX = 20;
const MEMORY_UNITS_MAX = 50_000;
const PARSED_CACHE_MAX = 1_000;
const RENDERED_LENGTH_MAX = 200_000;
const SUBJECT_RENDERED_MAX = 1_000;

/** What a template may say of a lead; a tenant's own fields are under `custom.`, the account that sends under `sender.`. */
const LEAD_VARIABLES = [
  'firstName',
  'lastName',
  'email',
  'phone',
  'companyName',
  'title',
  'linkedinUrl',
] as const;
const SENDER_VARIABLES = ['sender.name', 'sender.email'] as const;
const CUSTOM_PREFIX = 'custom.';

export type MailSource = { subject: string; body: string; variables: VariablesSchema };
export type LeadFacts = { [K in (typeof LEAD_VARIABLES)[number]]: string | null } & {
  customFields: Record<string, unknown>;
};
export type SenderFacts = { name: string | null; email: string };
export type Rendered = { ok: true; subject: string; body: string } | { ok: false; reason: string };

/** A rule that a template breaks; `field` is `subject`, `body` or `variablesSchema`. */
export type TemplateProblem = { field: string; code: string; detail: string };

// `templates: {}` replaces the file system: no template can read a file or another tenant's template.
const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  lenientIf: true,
  templates: {},
  parseLimit: PARSE_CHARACTERS_MAX,
  memoryLimit: MEMORY_UNITS_MAX,
  timezoneOffset: 'UTC',
  locale: 'en',
});
const parsed = new Map<string, Parsed[]>();

function parse(text: string): Parsed[] {
  const known = parsed.get(text);
  if (known) return known;
  const template = engine.parse(text);
  if (parsed.size >= PARSED_CACHE_MAX) parsed.clear();
  parsed.set(text, template);
  return template;
}

/** The variables that a text takes from outside, e.g. `firstName`, `custom.city`. @throws Error when it does not parse */
function variablesOf(text: string): string[] {
  return engine.globalVariableSegmentsSync(parse(text), { partials: false }).map((segments) => {
    const path = segments.map((segment) => (Array.isArray(segment) ? '*' : String(segment)));
    return path[0] === 'custom' || path[0] === 'sender' ? path.slice(0, 2).join('.') : (path[0] ?? '');
  });
}

function isKnown(variable: string): boolean {
  const listed = [...LEAD_VARIABLES, ...SENDER_VARIABLES] as readonly string[];
  return (
    listed.includes(variable) ||
    (variable.startsWith(CUSTOM_PREFIX) && variable.length > CUSTOM_PREFIX.length)
  );
}

/** Checks texts against what can be rendered; without a given schema it is derived from them. */
export function checkTemplate(
  texts: { subject: string; body: string },
  given?: VariablesSchema,
): { variables: VariablesSchema; problems: TemplateProblem[] } {
  const problems: TemplateProblem[] = given ? schemaProblems(given) : [];
  const used = new Set<string>();
  for (const field of ['subject', 'body'] as const) {
    try {
      for (const variable of variablesOf(texts[field])) {
        used.add(variable);
        if (!isKnown(variable))
          problems.push({ field, code: 'unknown_variable', detail: `knows no variable ${variable}` });
        else if (given && !Object.hasOwn(given, variable)) {
          problems.push({
            field,
            code: 'undeclared_variable',
            detail: `uses ${variable}, which the variables schema does not declare`,
          });
        }
      }
    } catch (error) {
      problems.push({ field, code: 'liquid', detail: messageOf(error) });
    }
  }
  return { variables: given ?? Object.fromEntries([...used].sort().map((name) => [name, {}])), problems };
}

function schemaProblems(schema: VariablesSchema): TemplateProblem[] {
  const problem = (code: string, detail: string) => ({ field: 'variablesSchema', code, detail });
  return Object.entries(schema as Record<string, unknown>).flatMap(([name, spec]) => {
    if (!isKnown(name)) return [problem('unknown_variable', `knows no variable ${name}`)];
    if (typeof spec !== 'object' || spec === null || Array.isArray(spec))
      return [problem('shape', `${name} must be an object`)];
    const wrong = Object.entries(spec).filter(
      ([key, value]) => !['description', 'fallback'].includes(key) || typeof value !== 'string',
    );
    return wrong.map(([key]) => problem('shape', `${name}.${key} is not a description or fallback text`));
  });
}

/** Renders a mail exactly as it is sent. Anything missing or wrong is a reason not to send it, never a hole. */
export function renderMail(source: MailSource, lead: LeadFacts, sender: SenderFacts): Rendered {
  try {
    const scope = scopeOf(lead, sender, source.variables);
    const subject = oneLine(renderText(source.subject, scope));
    const body = renderText(source.body, scope);
    if (subject.length > SUBJECT_RENDERED_MAX || body.length > RENDERED_LENGTH_MAX)
      return refused('The mail is too long.');
    if (subject === '' && source.subject !== '') return refused('The subject is empty.');
    if (body.trim() === '') return refused('The text is empty.');
    return { ok: true, subject, body: body.replaceAll('\0', '') };
  } catch (error) {
    return refused(reasonOf(error));
  }
}

function renderText(text: string, scope: Record<string, unknown>): string {
  const context = new Context(scope, engine.options, { sync: true }, { liquid: engine });
  return engine.renderSync(parse(text), RenderLimit.of(context, RENDER_MS_MAX)) as string;
}

const refused = (reason: string): Rendered => ({ ok: false, reason });

// Blank values are left out: to a reader an empty name is as much of a hole as none.
function scopeOf(lead: LeadFacts, sender: SenderFacts, variables: VariablesSchema): Record<string, unknown> {
  const custom: Record<string, unknown> = { ...lead.customFields };
  const scope: Record<string, unknown> = {
    custom,
    sender: withoutBlanks({ name: sender.name, email: sender.email }),
  };
  for (const name of LEAD_VARIABLES) scope[name] = lead[name];
  for (const [name, { fallback }] of Object.entries(variables)) {
    if (fallback === undefined) continue;
    const holder = name.startsWith(CUSTOM_PREFIX) ? custom : scope;
    const key = name.startsWith(CUSTOM_PREFIX) ? name.slice(CUSTOM_PREFIX.length) : name;
    if (isBlank(holder[key])) holder[key] = fallback;
  }
  return { ...withoutBlanks(scope), custom: withoutBlanks(custom) };
}

function withoutBlanks(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isBlank(value)));
}

const isBlank = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

// A line break in a header would start another header.
const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

function reasonOf(error: unknown): string {
  const missing = /undefined variable: ([^,\s]+)/.exec(messageOf(error))?.[1];
  return missing
    ? `The lead has no ${missing}, and the template gives no fallback for it.`
    : `The template failed: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 400) ?? '';
}
