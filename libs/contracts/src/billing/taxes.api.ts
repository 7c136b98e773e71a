import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, ListOf, Text, Timestamp, Uuid } from '../define/fields.js';

export class SetTaxExempt {
  @Uuid()
  tenantId!: string;

  @Bool()
  exempt!: boolean;
}

export class AddTaxRate {
  @Text({ min: 1, max: 60, example: 'VAT' })
  name!: string;

  @DecimalText({ scale: 4, description: 'In percent, 0 to 100.', example: '19' })
  percent!: string;

  @Text({ max: 2, pattern: /^[A-Z]{2}$/ })
  country!: string;

  @Text({ min: 1, max: 120, optional: true })
  region?: string;

  @Timestamp()
  validFrom!: string;

  @Timestamp({ optional: true })
  validTo?: string;
}

export class EndTaxRate {
  @Uuid()
  taxRateId!: string;

  @Timestamp()
  validTo!: string;
}

export class StoredTaxRate {
  @Uuid()
  id!: string;

  @Text({ max: 60 })
  name!: string;

  @DecimalText({ scale: 4 })
  percent!: string;

  @Text({ max: 2 })
  country!: string;

  @Text({ max: 120, nullable: true })
  region!: string | null;

  @Timestamp()
  validFrom!: string;

  @Timestamp({ nullable: true })
  validTo!: string | null;
}

export class TaxRateList {
  @ListOf(() => StoredTaxRate)
  items!: StoredTaxRate[];
}

export class ListTaxRates {
  @Text({ max: 2, pattern: /^[A-Z]{2}$/, optional: true })
  country?: string;
}

/** The taxes that invoices are written with, for those who run the platform. */
export interface TaxesApi {
  list(ctx: Ctx, input: ListTaxRates): Promise<TaxRateList>;
  /** @throws AppError `tax_rate.overlaps` | `request.invalid` */
  add(ctx: Ctx, input: AddTaxRate): Promise<StoredTaxRate>;
  /** @throws AppError `tax_rate.not_found` | `request.invalid` */
  end(ctx: Ctx, input: EndTaxRate): Promise<StoredTaxRate>;
  exempt(ctx: Ctx, input: SetTaxExempt): Promise<void>;
}
export const taxesApi = defineApi<TaxesApi>('billing.taxes', {
  list: { input: ListTaxRates, output: TaxRateList, can: 'system', idempotent: true },
  add: { input: AddTaxRate, output: StoredTaxRate, can: 'system' },
  end: { input: EndTaxRate, output: StoredTaxRate, can: 'system' },
  exempt: { input: SetTaxExempt, can: 'system', idempotent: true },
});
