import type { TenantDb } from '@leadwire/persistence';
import { NOTHING_SO_FAR, type MonthSoFar, type Priced } from './rating.js';
import { MONTHS_SO_FAR, SAVE_MONTHS } from './rating.queries.js';

/** One entry of the price list in one calendar month. */
export type EntryMonth = Priced & { month: string };
type Row = EntryMonth & MonthSoFar;

/**
 * What a tenant used this month and in earlier ones, for prices that look at it. It is read and written under the wallet's lock,
 * so that no two uses count as the same unit.
 */
export class Months {
  private readonly changed = new Map<string, Row>();

  private constructor(private readonly known: ReadonlyMap<string, MonthSoFar>) {}

  static async read(db: TenantDb, currency: string, entries: EntryMonth[]): Promise<Months> {
    const distinct = [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
    if (distinct.length === 0) return new Months(new Map());
    const rows = await db.query<Row>(MONTHS_SO_FAR, [db.tenantId, currency, ...columnsOf(distinct)]);
    return new Months(new Map(rows.map((row) => [keyOf(row), row])));
  }

  of(entry: EntryMonth): MonthSoFar {
    const key = keyOf(entry);
    return this.changed.get(key) ?? this.known.get(key) ?? NOTHING_SO_FAR;
  }

  /** What this month is after a use. */
  advance(entry: EntryMonth, month: MonthSoFar): void {
    const { category, provider, model, unit } = entry;
    this.changed.set(keyOf(entry), { category, provider, model, unit, month: entry.month, ...month });
  }

  async save(db: TenantDb, currency: string): Promise<void> {
    const rows = [...this.changed.values()];
    if (rows.length === 0) return;
    const counts = [rows.map(({ quantity }) => quantity), rows.map(({ paidAhead }) => paidAhead)];
    await db.execute(SAVE_MONTHS, [db.tenantId, currency, ...columnsOf(rows), ...counts]);
  }
}

function columnsOf(entries: EntryMonth[]): string[][] {
  return [
    entries.map(({ category }) => category),
    entries.map(({ provider }) => provider),
    entries.map(({ model }) => model ?? ''),
    entries.map(({ unit }) => unit),
    entries.map(({ month }) => month),
  ];
}

function keyOf({ category, provider, model, unit, month }: EntryMonth): string {
  return JSON.stringify([category, provider, model ?? '', unit, month]);
}
