import { Inject } from '@nestjs/common';
import {
  billingDetailsApi,
  type BillingDetails,
  type BillingDetailsApi,
  type Nothing,
  type SetBillingDetails,
} from '@leadwire/contracts';
import { amount, Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import type { InvoiceConfig } from '../invoices/invoice.config.js';
import { taxOf } from '../taxes/tax.js';
import { TaxRates } from '../taxes/tax-rates.js';
import { Customers } from './customers.js';
import { SET_DETAILS } from './customers.queries.js';
import { vatIdOf } from './vat-id.js';

const COUNTRIES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Regions that have a name and are no country. */
const NO_COUNTRIES = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
/** A sum to show which taxes apply; what they come to is not shown. */
const SAMPLE = amount('100');

/** Who invoices are made out to, as the team says it. */
@Serves(billingDetailsApi)
export class BillingDetailsService implements BillingDetailsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Customers) private readonly customers: Customers,
    @Inject(TaxRates) private readonly taxRates: TaxRates,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<InvoiceConfig, 'INVOICE_SELLER_COUNTRY'>,
  ) {}

  get(ctx: Ctx, _: Nothing): Promise<BillingDetails> {
    return this.tenant.run(ctx, (db) => this.describe(db));
  }

  async set(ctx: Ctx, input: SetBillingDetails): Promise<BillingDetails> {
    const { country } = input;
    if (country !== null && (NO_COUNTRIES.has(country) || !COUNTRIES.of(country))) {
      const detail = 'is not the code of a country';
      throw requestErrors.invalid({ errors: [{ pointer: '/country', code: 'country', detail }] });
    }
    const vatId = input.vatId === null ? null : vatIdOf(input.vatId, country);
    return this.tenant.run(ctx, async (db) => {
      await this.customers.find(db);
      const { company, addressLine1, addressLine2, postalCode, city, region, purchaseOrder } = input;
      const address = [company, addressLine1, addressLine2, postalCode, city, region].map(trimmed);
      await db.execute(SET_DETAILS, [db.tenantId, ...address, country, vatId, trimmed(purchaseOrder)]);
      return this.describe(db);
    });
  }

  private async describe(db: TenantDb): Promise<BillingDetails> {
    const { teamName: _, ...details } = await this.customers.find(db);
    const { country, region, vatId, taxExempt } = details;
    const customer = { country, region, vatId, taxExempt };
    const seller = this.config.INVOICE_SELLER_COUNTRY;
    const rates = await this.taxRates.at(db, customer, seller, this.clock.now());
    // Which taxes apply does not depend on the currency.
    const { items, note } = taxOf({ subtotal: SAMPLE, currency: 'USD' }, customer, seller, rates);
    return {
      ...details,
      invoiceName: await this.customers.nameOf(db),
      taxes: items.map(({ name, percent }) => ({ name, percent })),
      taxNote: note,
    };
  }
}

// What is only spaces says nothing.
const trimmed = (text: string | null): string | null => text?.trim() || null;
