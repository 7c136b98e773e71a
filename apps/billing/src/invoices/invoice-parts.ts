import type { Provider, Type } from '@nestjs/common';
import { FileObjectStorage, ObjectStorage } from '@leadwire/platform';
import { Customers } from '../customers/customers.js';
import { BillingDetailsService } from '../customers/details.service.js';
import { TeamNamesConsumer } from '../customers/team-names.consumer.js';
import { TaxRates } from '../taxes/tax-rates.js';
import { TaxesService } from '../taxes/taxes.service.js';
import { Collection } from './collection.js';
import { CollectionConsumer } from './collection.consumer.js';
import { Crediting } from './crediting.js';
import { Documents } from './documents.js';
import { Dunning } from './dunning.js';
import { Finalising } from './finalising.js';
import type { InvoiceConfig } from './invoice.config.js';
import { InvoiceOperatorsService } from './invoice-operators.service.js';
import { InvoiceRounds } from './invoice-rounds.js';
import { InvoicesService } from './invoices.service.js';
import { LastInvoice } from './last-invoice.js';
import { Periods } from './periods.js';

/** Invoices, who they are made out to, and the taxes on them. */
export const invoiceControllers: Type[] = [
  InvoicesService,
  InvoiceOperatorsService,
  BillingDetailsService,
  TaxesService,
  CollectionConsumer,
  TeamNamesConsumer,
];

export const invoiceProviders = (config: InvoiceConfig): Provider[] => [
  { provide: ObjectStorage, useValue: new FileObjectStorage(config.OBJECT_STORAGE_DIR) },
  InvoicesService,
  Periods,
  Finalising,
  Collection,
  Crediting,
  Dunning,
  Documents,
  InvoiceRounds,
  LastInvoice,
  Customers,
  TaxRates,
];
