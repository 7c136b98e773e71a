import { INVOICE_LINES_MAX, type InvoiceLine, type InvoiceLineKind } from '@leadwire/contracts';
import { amount, type Amount } from '@leadwire/kernel';
import { allocate } from './allocation.js';
import { GRANTED_SHARE, GROUPED_POSTINGS } from './lines.queries.js';

/** Postings that are read at once: the answer must come within the time that a statement may take. */
const POSTINGS_AT_ONCE = 100_000;

type Query = <R extends object>(sql: string, params: unknown[]) => Promise<R[]>;
export type PostingRange = { tenantId: string; walletId: string; fromSeq: number; toSeq: number };

type GroupRow = {
  kind: InvoiceLineKind;
  feature: string | null;
  category: string | null;
  provider: string | null;
  model: string | null;
  unit: string | null;
  priceId: string | null;
  quantity: string | null;
  unitPrice: string | null;
  unitPrices: number;
  exact: string;
};

/** A line before it is known what it comes to in minor units. */
export type ExactLine = Omit<InvoiceLine, 'line' | 'amount' | 'exact' | 'quantity'> & {
  exact: Amount;
  quantity: Amount | null;
};

const ORDER: InvoiceLineKind[] = ['usage', 'held', 'other', 'correction', 'credit', 'granted'];

/** What the postings of a range were for: a line for each price that was used, what was given back, and what was not paid for. */
export async function linesOf(query: Query, range: PostingRange): Promise<ExactLine[]> {
  const lines = new Map<string, ExactLine>();
  let granted = amount('0');
  for (let from = range.fromSeq; from <= range.toSeq; from += POSTINGS_AT_ONCE) {
    const to = Math.min(from + POSTINGS_AT_ONCE - 1, range.toSeq);
    const params = [range.tenantId, range.walletId, from, to];
    for (const row of await query<GroupRow>(GROUPED_POSTINGS, params)) add(lines, keyOf(row), row);
    const [share] = await query<{ granted: string }>(GRANTED_SHARE, params);
    granted = granted.add(share?.granted ?? '0');
  }
  // Few teams use so many prices; theirs are told apart by feature and category only.
  const told = lines.size < INVOICE_LINES_MAX ? [...lines.values()] : coarser(lines.values());
  const all = granted.isZero() ? told : [...told, grantedLine(granted)];
  return all.sort(byPlace);
}

/** Numbers the lines and says what each comes to, so that they sum up to the subtotal. */
export function settledLines(lines: ExactLine[], subtotal: Amount, currency: string): InvoiceLine[] {
  const shares = allocate(
    lines.map(({ exact }) => exact),
    subtotal,
    currency,
  );
  return lines.map(({ exact, quantity, ...line }, i) => ({
    line: i + 1,
    ...line,
    quantity: quantity?.toFixed(6) ?? null,
    exact: exact.toFixed(6),
    amount: (shares[i] as Amount).toFixed(6),
  }));
}

export const NOTHING_TOLD = {
  feature: null,
  category: null,
  provider: null,
  model: null,
  unit: null,
  priceId: null,
  quantity: null,
  unitPrice: null,
};

function add(lines: Map<string, ExactLine>, key: string, row: GroupRow): void {
  const before = lines.get(key);
  const { unitPrices, ...told } = row;
  const unitPrice = unitPrices === 1 ? row.unitPrice : null;
  const one: ExactLine = {
    ...told,
    description: descriptionOf(row),
    unitPrice,
    quantity: row.quantity === null ? null : amount(row.quantity),
    exact: amount(row.exact),
  };
  lines.set(key, before ? together(before, one) : one);
}

function together(a: ExactLine, b: ExactLine): ExactLine {
  return {
    ...a,
    unitPrice: a.unitPrice === b.unitPrice ? a.unitPrice : null,
    quantity: a.quantity && b.quantity ? a.quantity.add(b.quantity) : null,
    exact: a.exact.add(b.exact),
  };
}

function coarser(lines: Iterable<ExactLine>): ExactLine[] {
  const merged = new Map<string, ExactLine>();
  for (const line of lines) {
    const { kind, feature, category, exact } = line;
    const key = JSON.stringify([kind, feature, category]);
    const coarse = { ...NOTHING_TOLD, kind, feature, category, exact };
    const one = { ...coarse, description: descriptionOf(coarse) };
    const before = merged.get(key);
    merged.set(key, before ? together(before, one) : one);
  }
  return [...merged.values()];
}

function grantedLine(granted: Amount): ExactLine {
  return { ...NOTHING_TOLD, kind: 'granted', description: 'Covered by granted credit', exact: granted.neg() };
}

type Told = Pick<GroupRow, 'kind' | 'feature' | 'category' | 'provider' | 'model' | 'unit'>;

function descriptionOf({ kind, feature, category, provider, model, unit }: Told): string {
  if (kind === 'held') return 'Used from reservations';
  if (kind === 'other') return 'Other charges';
  const what = [category, provider, model].filter((word) => word !== null).join(' ');
  const priced = unit === null ? what : `${what}, per ${unit}`;
  const told = [feature, priced].filter(Boolean).join(': ') || 'usage';
  return kind === 'correction' ? `Given back: ${told}` : told;
}

function keyOf({ kind, feature, category, provider, model, unit, priceId }: GroupRow): string {
  return JSON.stringify([kind, feature, category, provider, model, unit, priceId]);
}

function byPlace(a: ExactLine, b: ExactLine): number {
  return (
    ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
    compare(a.description, b.description) ||
    compare(a.priceId ?? '', b.priceId ?? '')
  );
}

// By code unit: the same everywhere, whatever the locale of the machine.
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
