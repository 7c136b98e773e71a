import { Injectable } from '@nestjs/common';
import type { InvoiceCustomer } from '@leadwire/contracts';
import { assert } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { customerPrefix } from '../invoices/numbers.js';
import type { Taxed } from '../taxes/tax.js';
import { FIND_CUSTOMER } from './customers.queries.js';

export type CustomerRow = Omit<InvoiceCustomer, 'name'> & {
  company: string | null;
  teamName: string | null;
  taxExempt: boolean;
};

/** Who invoices are made out to. */
@Injectable()
export class Customers {
  /** The tenant's own row, made at the first look. */
  async find(db: TenantDb): Promise<CustomerRow> {
    await customerPrefix(db);
    const [row] = await db.query<CustomerRow>(FIND_CUSTOMER, [db.tenantId]);
    assert(row, 'a customer that was made can be read');
    return row;
  }

  async taxed(db: TenantDb): Promise<Taxed> {
    const { country, region, vatId, taxExempt } = await this.find(db);
    return { country, region, vatId, taxExempt };
  }

  /** The customer as an invoice keeps it. */
  async snapshot(db: TenantDb): Promise<InvoiceCustomer> {
    const { company: _company, teamName: _team, taxExempt: _exempt, ...address } = await this.find(db);
    return { name: await this.nameOf(db), ...address };
  }

  async nameOf(db: TenantDb): Promise<string> {
    const { company, teamName } = await this.find(db);
    return company ?? teamName ?? `Team ${db.tenantId}`;
  }
}
