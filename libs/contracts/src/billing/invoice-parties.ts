import { Text } from '../define/fields.js';

/** Who issues invoices: the deployment's own configuration. */
export class InvoiceSeller {
  @Text({ max: 200 })
  name!: string;

  @Text({ max: 1000, description: 'Lines of the address.' })
  address!: string;

  @Text({ max: 2, description: 'ISO 3166; empty where it is not configured.' })
  country!: string;

  @Text({ max: 40 })
  vatId!: string;

  @Text({ max: 1000, description: 'How to pay by transfer.' })
  paymentTerms!: string;
}

/** Who an invoice is made out to. */
export class InvoiceCustomer {
  @Text({ max: 200, description: 'The company, or the name of the team where none is given.' })
  name!: string;

  @Text({ max: 200, nullable: true })
  addressLine1!: string | null;

  @Text({ max: 200, nullable: true })
  addressLine2!: string | null;

  @Text({ max: 20, nullable: true })
  postalCode!: string | null;

  @Text({ max: 120, nullable: true })
  city!: string | null;

  @Text({ max: 120, nullable: true })
  region!: string | null;

  @Text({ max: 2, nullable: true, description: 'ISO 3166.' })
  country!: string | null;

  @Text({ max: 20, nullable: true })
  vatId!: string | null;

  @Text({ max: 60, nullable: true, description: 'Their own reference, printed on the invoice.' })
  purchaseOrder!: string | null;
}
