import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, ListOf, Text } from '../define/fields.js';
import { Nothing } from '../define/page.js';

export class SetBillingDetails {
  @Text({
    min: 1,
    max: 200,
    nullable: true,
    description: 'Null: the name of the team.',
    example: 'Acme GmbH',
  })
  company!: string | null;

  @Text({ min: 1, max: 200, nullable: true, example: 'Hauptstraße 1' })
  addressLine1!: string | null;

  @Text({ min: 1, max: 200, nullable: true })
  addressLine2!: string | null;

  @Text({ min: 1, max: 20, nullable: true, example: '10115' })
  postalCode!: string | null;

  @Text({ min: 1, max: 120, nullable: true, example: 'Berlin' })
  city!: string | null;

  @Text({ min: 1, max: 120, nullable: true, description: 'State or province, where taxes depend on it.' })
  region!: string | null;

  @Text({ max: 2, pattern: /^[A-Z]{2}$/, nullable: true, description: 'ISO 3166-1 alpha-2.', example: 'DE' })
  country!: string | null;

  @Text({
    min: 1,
    max: 20,
    nullable: true,
    description: 'Needs `country`, and its format and check digits must be right where they are known.',
    example: 'DE811569869',
  })
  vatId!: string | null;

  @Text({ min: 1, max: 60, nullable: true, description: 'Printed on every invoice.', example: 'PO-2026-17' })
  purchaseOrder!: string | null;
}

export class TaxThatApplies {
  @Text({ max: 60 })
  name!: string;

  @Text({ max: 10, description: 'In percent.' })
  percent!: string;
}

export class BillingDetails extends SetBillingDetails {
  @Text({ max: 200, description: 'What invoices are made out to.' })
  invoiceName!: string;

  @Bool({ description: 'Set by those who run the platform.' })
  taxExempt!: boolean;

  @ListOf(() => TaxThatApplies, { description: 'As an invoice would be taxed now.' })
  taxes!: TaxThatApplies[];

  @Text({ max: 500, nullable: true, description: 'Why there is none, where there is a reason.' })
  taxNote!: string | null;
}

export interface BillingDetailsApi {
  get(ctx: Ctx, input: Nothing): Promise<BillingDetails>;
  /** Replaces all of them; invoices that exist keep what they say. @throws AppError `request.invalid` */
  set(ctx: Ctx, input: SetBillingDetails): Promise<BillingDetails>;
}
export const billingDetailsApi = defineApi<BillingDetailsApi>('billing.details', {
  get: { input: Nothing, output: BillingDetails, can: 'billing.read', idempotent: true },
  set: { input: SetBillingDetails, output: BillingDetails, can: 'billing.settings', idempotent: true },
});
