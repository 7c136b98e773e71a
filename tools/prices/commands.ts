import { readFileSync, writeFileSync } from 'node:fs';
import type {
  CataloguePrice,
  ListCatalogue,
  OperatorChargesApi,
  OperatorPricesApi,
  Page,
  PageRequest,
  PlannedDraft,
  PreviewLine,
  PriceDraft,
} from '@leadwire/contracts';
import type { AppError, Ctx } from '@leadwire/kernel';
import { teamOf, type Door } from '../operator/door.ts';

export const USAGE = `npm run prices -- list [--tenant TEAM] [--history]
npm run prices -- export FILE [--tenant TEAM] [--history]
npm run prices -- import FILE [--note "…"]         keeps the file as a draft: nobody is charged by it
npm run prices -- drafts
npm run prices -- show DRAFT                       what it would change, line by line
npm run prices -- preview DRAFT [--tenant TEAM] [--from TIME] [--to TIME]
                                                   real usage rated again under the draft; since the start of last month unless told
npm run prices -- publish DRAFT [--at TIME]        all of it at once; a minute from now unless told
npm run prices -- discard DRAFT

FILE is CSV; "export" writes one with every column. TEAM is an id or a slug, TIME such as 2027-01-01T00:00:00Z.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

const PAGE = 100;
/** The usage of one tenant is read whole. */
const PREVIEW_MAX_MS = 5 * 60_000;

export type PricesOptions = {
  tenant?: string;
  note?: string;
  from?: string;
  to?: string;
  at?: string;
  history?: boolean;
};
type Command = (asking: Asking, target: string | undefined, options: PricesOptions) => Promise<string>;
type Asking = { door: Door; prices: OperatorPricesApi; charges: OperatorChargesApi; ctx: () => Ctx };

const COMMANDS: Record<string, Command> = {
  list,
  export: exportFile,
  import: importFile,
  drafts,
  show,
  preview,
  publish,
  discard,
};

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what billing answered; of a bad file, every line of it that is wrong
 */
export async function runPricesCommand(
  door: Door,
  { words: [name = '', target], options }: { words: string[]; options: PricesOptions },
): Promise<string> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Error(USAGE);
  const { operatorChargesApi, operatorPricesApi } = await import('@leadwire/contracts');
  const asking = {
    door,
    prices: door.client(operatorPricesApi),
    charges: door.client(operatorChargesApi),
    ctx: door.ctx,
  };
  try {
    return await command(asking, target, options);
  } catch (error) {
    throw explained(error);
  }
}

async function list(
  { door, prices, ctx }: Asking,
  _: string | undefined,
  options: PricesOptions,
): Promise<string> {
  const filter = await filterOf(door, options);
  const found = await all((page) => prices.list(ctx(), { ...filter, ...page }));
  return found.length === 0 ? 'no prices' : found.map(priceLine).join('\n');
}

async function exportFile(
  { door, prices, ctx }: Asking,
  target: string | undefined,
  options: PricesOptions,
): Promise<string> {
  const path = needed(target, 'a file');
  const filter = await filterOf(door, options);
  const parts: string[] = [];
  let cursor: string | undefined;
  do {
    const part = await prices.exportFile(ctx(), {
      ...filter,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    parts.push(part.csv);
    cursor = part.next ?? undefined;
  } while (cursor !== undefined);
  writeFileSync(path, parts.join(''));
  const lines = parts.join('').trimEnd().split('\n').length - 1;
  return `${lines} line${lines === 1 ? '' : 's'} written to ${path}`;
}

async function importFile(
  { prices, ctx }: Asking,
  target: string | undefined,
  { note }: PricesOptions,
): Promise<string> {
  const file = readFileSync(needed(target, 'a file'), 'utf8');
  const draft = await prices.importFile(ctx(), { file, ...(note === undefined ? {} : { note }) });
  return [
    plan(draft),
    '',
    `Look at it with "npm run prices -- preview ${draft.id}", then "publish ${draft.id}".`,
  ].join('\n');
}

async function drafts({ prices, ctx }: Asking): Promise<string> {
  const found = await all((page) => prices.listDrafts(ctx(), page));
  return found.length === 0 ? 'no drafts' : found.map(draftLine).join('\n');
}

async function show({ prices, ctx }: Asking, target: string | undefined): Promise<string> {
  return plan(await prices.getDraft(ctx(), { draftId: needed(target, 'a draft') }));
}

async function preview(
  { door, prices, charges, ctx }: Asking,
  target: string | undefined,
  options: PricesOptions,
): Promise<string> {
  const draftId = needed(target, 'a draft');
  const now = new Date();
  const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  const period = { from: options.from ?? lastMonth.toISOString(), to: options.to ?? now.toISOString() };
  const tenants = options.tenant
    ? [{ tenantId: (await teamOf(door, [options.tenant])).id }]
    : await all((page) => charges.listTenants(ctx(), page));
  const lines: string[] = [];
  for (const { tenantId } of tenants) {
    const patient = { ...ctx(), deadline: Date.now() + PREVIEW_MAX_MS };
    const { items } = await prices.preview(patient, { draftId, tenantId, ...period });
    lines.push(...items.map((line) => previewLine(tenantId, line)));
  }
  const nothing = 'Nobody used anything in that time that the draft changes.';
  return [`usage from ${period.from} to ${period.to}`, ...(lines.length > 0 ? lines : [nothing])].join('\n');
}

async function publish(
  { prices, ctx }: Asking,
  target: string | undefined,
  { at }: PricesOptions,
): Promise<string> {
  const draftId = needed(target, 'a draft');
  return plan(await prices.publish(ctx(), { draftId, ...(at === undefined ? {} : { at }) }));
}

async function discard({ prices, ctx }: Asking, target: string | undefined): Promise<string> {
  return draftLine(await prices.discard(ctx(), { draftId: needed(target, 'a draft') }));
}

async function filterOf(door: Door, { tenant, history }: PricesOptions): Promise<ListCatalogue> {
  return {
    ...(tenant === undefined ? {} : { tenantId: (await teamOf(door, [tenant])).id }),
    ...(history ? { history } : {}),
  };
}

async function all<T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

function needed(value: string | undefined, what: string): string {
  if (!value) throw new Error(`This needs ${what}.\n\n${USAGE}`);
  return value;
}

function priceLine(price: CataloguePrice): string {
  const {
    tenantId,
    category,
    provider,
    model,
    unit,
    scheme,
    unitPrice,
    currency,
    tiers,
    effectiveFrom,
    effectiveTo,
    draftId,
    draftLine,
  } = price;
  return [
    tenantId ?? 'everybody',
    [category, provider, model, unit].filter(Boolean).join(' / '),
    [
      scheme,
      ...tiers.map(({ upTo, unitPrice: each }) => `up to ${upTo}: ${each},`),
      unitPrice,
      currency,
    ].join(' '),
    `from ${effectiveFrom}${effectiveTo ? ` to ${effectiveTo}` : ''}`,
    ...(draftId ? [`draft ${draftId}${draftLine ? `, line ${draftLine}` : ''}`] : []),
  ].join('  ');
}

function draftLine({ id, status, lines, createdAt, effectiveFrom, note }: PriceDraft): string {
  const notes = [effectiveFrom && `from ${effectiveFrom}`, note && `“${note}”`];
  return [id, status, `${lines} lines`, createdAt, ...notes].filter(Boolean).join('  ');
}

function plan({ changes, ...draft }: PlannedDraft): string {
  const lines = changes.map(({ line, tenantId, entry, change, before, after, from, to }) => {
    const becomes = change === 'changed' ? `${before ?? ''} → ${after}` : after;
    const times = [
      from && change !== 'unchanged' && `from ${from}`,
      to ? `until ${to}` : change === 'ends' && 'without an end',
    ];
    return [`line ${line}`, change.padEnd(9), tenantId ?? 'everybody', entry, becomes, ...times]
      .filter(Boolean)
      .join('  ');
  });
  return [draftLine(draft), ...lines].join('\n');
}

function previewLine(
  tenantId: string,
  { entry, currency, uses, quantity, before, after, delta }: PreviewLine,
): string {
  const sign = delta.startsWith('-') ? '' : '+';
  return [
    tenantId,
    entry,
    `${uses} uses of ${quantity}`,
    `${before} → ${after} ${currency}`,
    `${sign}${delta}`,
  ].join('  ');
}

/** What is wrong with a file, one line each. */
function explained(error: unknown): unknown {
  const { code, details, message } = error as AppError;
  if (code !== 'price.bad_file' || !details.errors) return error;
  const lines = details.errors.map(({ pointer, detail }) => {
    const [, , line, column] = pointer.split('/');
    return `  line ${line}${column ? `, ${column}` : ''}: ${detail}`;
  });
  const count = Number(details.extras?.['count'] ?? lines.length);
  const more = count > lines.length ? [`  … and ${count - lines.length} more`] : [];
  return new Error([message, ...lines, ...more].join('\n'), { cause: error });
}
