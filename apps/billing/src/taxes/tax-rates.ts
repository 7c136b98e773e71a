import { Injectable } from '@nestjs/common';
import type { TenantDb } from '@leadwire/persistence';
import { taxCountry, type Taxed, type TaxRate } from './tax.js';

const RATES_AT = `
  SELECT name, percent, country, region
  FROM billing_tax_rates
  WHERE country = $1 AND (region IS NULL OR region = $2) AND valid_from < $3 AND (valid_to IS NULL OR valid_to >= $3)
  ORDER BY region IS NOT NULL, name`;

/** The taxes that operators keep. */
@Injectable()
export class TaxRates {
  /** Those that apply to a customer for what ended at a moment. */
  at(db: TenantDb, customer: Taxed, sellerCountry: string, moment: Date): Promise<TaxRate[]> {
    return db.query<TaxRate>(RATES_AT, [taxCountry(customer, sellerCountry), customer.region, moment]);
  }
}
