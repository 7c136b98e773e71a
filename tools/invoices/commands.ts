import type { InvoiceSummary, InvoiceStatus, StoredTaxRate } from '@leadwire/contracts';
import { needed, teamOf, type Door, type Options } from '../operator/door.ts';

export const USAGE = `npm run invoices -- list TEAM [--status STATUS]
npm run invoices -- run [TEAM]
npm run invoices -- mark-paid TEAM INVOICE_ID --method bank_transfer --reference WHERE
npm run invoices -- void TEAM INVOICE_ID --reason WHY
npm run invoices -- credit TEAM INVOICE_ID --reason WHY --key KEY [--amount NET]
npm run invoices -- taxes [COUNTRY]
npm run invoices -- add-tax NAME PERCENT COUNTRY --from TIME [--to TIME] [--region REGION]
npm run invoices -- end-tax TAX_RATE_ID --to TIME
npm run invoices -- exempt TEAM on|off

TEAM is an id or a slug. "run" does what is due: closes months, finalises drafts, reminds, makes PDFs. "credit" gives part or all of a
paid invoice back to the wallet, with its tax; the same KEY twice within a day credits once. The instance of this checkout is used, or the
one that NATS_URL and OPERATOR_KEY name.`;

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what billing answered
 */
export async function runInvoicesCommand(door: Door, words: string[], options: Options): Promise<string> {
  const [name = '', ...rest] = words;
  const command = { ...INVOICE_COMMANDS, ...TAX_COMMANDS }[name];
  if (!command) throw new Error(USAGE);
  return command(door, rest, options);
}

type Command = (door: Door, words: string[], options: Options) => Promise<string>;

const INVOICE_COMMANDS: Record<string, Command> = {
  async list(door, words, { status }) {
    const { id: tenantId } = await teamOf(door, words);
    const filter = status === undefined ? {} : { status: status as InvoiceStatus };
    const { items } = await (await operators(door)).list(door.ctx(), { tenantId, limit: 100, ...filter });
    return items.length === 0 ? 'no invoices' : items.map(line).join('\n');
  },
  async run(door, words) {
    const tenant = words.length === 0 ? {} : { tenantId: (await teamOf(door, words)).id };
    const { tenants } = await (await operators(door)).run(door.ctx(), tenant);
    return `${tenants} teams were looked after`;
  },
  async 'mark-paid'(door, words, options) {
    const payment = { method: needed(options, 'method'), reference: needed(options, 'reference') };
    return line(
      await (await operators(door)).markPaid(door.ctx(), { ...(await refOf(door, words)), ...payment }),
    );
  },
  async void(door, words, options) {
    const reason = needed(options, 'reason');
    return line(await (await operators(door)).void(door.ctx(), { ...(await refOf(door, words)), reason }));
  },
  async credit(door, words, options) {
    const asked = { reason: needed(options, 'reason'), key: needed(options, 'key') };
    const part = options.amount === undefined ? {} : { amount: options.amount };
    const note = await (
      await operators(door)
    ).credit(door.ctx(), { ...(await refOf(door, words)), ...asked, ...part });
    return `${note.number}  ${note.total} ${note.currency}  for ${note.invoiceNumber}`;
  },
};

const TAX_COMMANDS: Record<string, Command> = {
  async taxes(door, [country]) {
    const { items } = await (await taxes(door)).list(door.ctx(), country === undefined ? {} : { country });
    return items.length === 0 ? 'no taxes' : items.map(taxLine).join('\n');
  },
  async 'add-tax'(door, [name, percent, country], options) {
    if (!name || !percent || !country) throw new Error(USAGE);
    const rate = {
      name,
      percent,
      country,
      validFrom: timeOf(needed(options, 'from')),
      ...(options.to === undefined ? {} : { validTo: timeOf(options.to) }),
      ...(options.region === undefined ? {} : { region: options.region }),
    };
    return taxLine(await (await taxes(door)).add(door.ctx(), rate));
  },
  async 'end-tax'(door, [taxRateId], options) {
    if (!taxRateId) throw new Error(USAGE);
    const validTo = timeOf(needed(options, 'to'));
    return taxLine(await (await taxes(door)).end(door.ctx(), { taxRateId, validTo }));
  },
  async exempt(door, words) {
    const { id: tenantId, name } = await teamOf(door, words);
    if (words[1] !== 'on' && words[1] !== 'off') throw new Error(USAGE);
    await (await taxes(door)).exempt(door.ctx(), { tenantId, exempt: words[1] === 'on' });
    return `${name} is ${words[1] === 'on' ? 'exempt from' : 'subject to'} tax`;
  },
};

async function operators({ client }: Door) {
  const { invoiceOperatorsApi } = await import('@leadwire/contracts');
  return client(invoiceOperatorsApi);
}

async function taxes({ client }: Door) {
  const { taxesApi } = await import('@leadwire/contracts');
  return client(taxesApi);
}

async function refOf(door: Door, words: string[]): Promise<{ tenantId: string; invoiceId: string }> {
  const { id: tenantId } = await teamOf(door, words);
  if (!words[1]) throw new Error(`Name an invoice, by its id.\n\n${USAGE}`);
  return { tenantId, invoiceId: words[1] };
}

function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is not a time such as 2026-12-31T00:00:00Z.`);
  return time.toISOString();
}

function line({ id, number, kind, status, total, due, currency, periodEnd }: InvoiceSummary): string {
  const open = Number(due) === 0 ? '' : `${due} due`;
  return [id, number ?? '(draft)', kind, status, `${total} ${currency}`, open, periodEnd.slice(0, 10)]
    .filter(Boolean)
    .join('  ');
}

function taxLine({ id, name, percent, country, region, validFrom, validTo }: StoredTaxRate): string {
  const where = region === null ? country : `${country}/${region}`;
  return [id, name, `${percent} %`, where, `from ${validFrom}`, validTo && `to ${validTo}`]
    .filter(Boolean)
    .join('  ');
}
