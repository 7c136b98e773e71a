import { Inject } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  taxesApi,
  taxRateErrors,
  type AddTaxRate,
  type EndTaxRate,
  type ListTaxRates,
  type SetTaxExempt,
  type StoredTaxRate,
  type TaxesApi,
  type TaxRateList,
} from '@leadwire/contracts';
import { amount, newId, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { SET_TAX_EXEMPT } from '../customers/customers.queries.js';
import { customerPrefix } from '../invoices/numbers.js';
import { ADD_TAX_RATE, END_TAX_RATE, LIST_TAX_RATES } from './taxes.queries.js';

type Row = Omit<StoredTaxRate, 'validFrom' | 'validTo'> & { validFrom: Date; validTo: Date | null };
const OVERLAP = '23P01';
const CHECK_BROKEN = '23514';

/** The door of those who run the platform to the taxes of their country and others. */
@Serves(taxesApi)
export class TaxesService implements TaxesApi {
  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
  ) {}

  async list(_: Ctx, { country }: ListTaxRates): Promise<TaxRateList> {
    const rows = await this.dataSource.query<Row[]>(LIST_TAX_RATES, [country ?? null]);
    return { items: rows.map(toTaxRate) };
  }

  async add(_: Ctx, input: AddTaxRate): Promise<StoredTaxRate> {
    const { name, percent, country, region, validFrom, validTo } = input;
    if (amount(percent).gt(100)) throw invalid('/percent', 'must be at most 100');
    const params = [newId(), name, percent, country, region ?? null, validFrom, validTo ?? null];
    return toTaxRate((await this.write(ADD_TAX_RATE, params)) as Row);
  }

  async end(_: Ctx, { taxRateId, validTo }: EndTaxRate): Promise<StoredTaxRate> {
    const row = await this.write(END_TAX_RATE, [taxRateId, validTo]);
    if (!row) throw taxRateErrors.not_found();
    return toTaxRate(row);
  }

  async exempt(ctx: Ctx, { tenantId, exempt }: SetTaxExempt): Promise<void> {
    await this.tenant.run(systemCtx(tenantId, { requestId: ctx.requestId }), async (db) => {
      await customerPrefix(db);
      await db.execute(SET_TAX_EXEMPT, [db.tenantId, exempt]);
    });
  }

  private async write(sql: string, params: unknown[]): Promise<Row | undefined> {
    try {
      const [row] = await this.dataSource.query<Row[]>(
        `WITH written AS (${sql}) SELECT * FROM written`,
        params,
      );
      return row;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === OVERLAP) throw taxRateErrors.overlaps();
      if (code === CHECK_BROKEN) throw invalid('/validTo', 'must be after `validFrom`');
      throw error;
    }
  }
}

const invalid = (pointer: string, detail: string) =>
  requestErrors.invalid({ errors: [{ pointer, code: 'range', detail }] });

function toTaxRate({ validFrom, validTo, ...row }: Row): StoredTaxRate {
  return { ...row, validFrom: validFrom.toISOString(), validTo: validTo?.toISOString() ?? null };
}
