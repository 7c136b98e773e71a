import { Inject, Injectable } from '@nestjs/common';
import { InvoiceFinalised, type InvoiceLine, type InvoiceSeller } from '@leadwire/contracts';
import { amount, assert, Clock, systemCtx, type Amount, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { Customers } from '../customers/customers.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { TAXED_WHEN_USED, taxOf, type Tax } from '../taxes/tax.js';
import { TaxRates } from '../taxes/tax-rates.js';
import { settle } from './allocation.js';
import { daysAfter } from './calendar.js';
import { Collection } from './collection.js';
import type { InvoiceConfig } from './invoice.config.js';
import { momentOf, type InvoiceRow } from './invoice-row.js';
import {
  BUMP_VERSION,
  DELETE_DRAFT,
  FINALISE_INVOICE,
  FIND_INVOICE,
  LOCK_INVOICE,
  USAGE_DRAFT,
  VOID_INVOICE,
} from './invoices.queries.js';
import { linesOf, settledLines, type ExactLine } from './lines.js';
import { nextNumber } from './numbers.js';
import { planNext } from './upkeep.js';

const NO_TAX: Tax = { total: amount('0'), items: [], note: TAXED_WHEN_USED };

type Content = {
  lines: InvoiceLine[];
  subtotal: Amount;
  carriedOut: Amount;
  tax: Tax;
  prepaid: Amount;
};

/** Turns drafts into invoices: number, lines, taxes and both parties as they are now, in one transaction. */
@Injectable()
export class Finalising {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Customers) private readonly customers: Customers,
    @Inject(TaxRates) private readonly taxRates: TaxRates,
    @Inject(Collection) private readonly collection: Collection,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: InvoiceConfig,
  ) {}

  /** Who issues invoices, as configured now. */
  get seller(): InvoiceSeller {
    return {
      name: this.config.INVOICE_SELLER_NAME,
      address: this.config.INVOICE_SELLER_ADDRESS.replaceAll('|', '\n'),
      country: this.config.INVOICE_SELLER_COUNTRY,
      vatId: this.config.INVOICE_SELLER_VAT_ID,
      paymentTerms: this.config.INVOICE_PAYMENT_TERMS.replaceAll('|', '\n'),
    };
  }

  /**
   * Finalises the tenant's draft over usage, if there is one. Its postings never change, so they are added up before the wallet is
   * taken: nobody who posts waits for it.
   */
  async finaliseUsage(tenantId: string): Promise<void> {
    const ctx = systemCtx(tenantId);
    const [draft] = await this.tenant.read<InvoiceRow>(ctx, USAGE_DRAFT, [tenantId]);
    if (!draft) return;
    const lines = await this.linesOf(ctx, draft);
    await this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const [held] = await db.query<InvoiceRow>(LOCK_INVOICE, [db.tenantId, draft.id]);
      if (held?.status !== 'draft') return;
      const content = await this.usageContent(db, held, lines);
      if (!content) return this.giveUp(db, held);
      const invoice = await this.write(db, held, content);
      await this.collection.collect(db, wallet, invoice, false);
      await this.announce(db, held.id);
      await wallet.save();
    });
  }

  /** Finalises a draft over credit, whose row is held. */
  async finaliseCredit(db: TenantDb, draft: InvoiceRow): Promise<InvoiceRow> {
    const subtotal = amount(draft.subtotal);
    const content = {
      lines: draft.lines,
      subtotal,
      carriedOut: amount('0'),
      tax: NO_TAX,
      prepaid: amount('0'),
    };
    await this.write(db, draft, content);
    return this.announce(db, draft.id);
  }

  private linesOf(ctx: Ctx, { walletId, fromSeq, toSeq }: InvoiceRow): Promise<ExactLine[]> {
    const range = { tenantId: ctx.tenantId, walletId, fromSeq: Number(fromSeq), toSeq: Number(toSeq) };
    return linesOf((sql, params) => this.tenant.read(ctx, sql, params), range);
  }

  private async usageContent(
    db: TenantDb,
    draft: InvoiceRow,
    lines: ExactLine[],
  ): Promise<Content | undefined> {
    const { currency, carriedIn, periodEnd } = draft;
    const exact = lines.reduce((sum, line) => sum.add(line.exact), amount('0'));
    const { subtotal, carriedOut } = settle(exact, amount(carriedIn), currency);
    if (subtotal.lte(0)) return undefined;
    const customer = await this.customers.taxed(db);
    const country = this.config.INVOICE_SELLER_COUNTRY;
    const rates = await this.taxRates.at(db, customer, country, periodEnd);
    return {
      lines: settledLines(lines, subtotal, currency),
      subtotal,
      carriedOut,
      tax: taxOf({ subtotal, currency }, customer, country, rates),
      prepaid: subtotal,
    };
  }

  /** Nothing of it was paid for: its postings are looked at again with the next period. Who asked for it is told. */
  private async giveUp(db: TenantDb, { id, createdBy }: InvoiceRow): Promise<void> {
    const reason = 'Nothing of it is left to invoice: granted credit or corrections covered it.';
    if (createdBy === null) await db.execute(DELETE_DRAFT, [db.tenantId, id]);
    else
      await db.execute(VOID_INVOICE, [db.tenantId, id, this.clock.now(), JSON.stringify({ voided: reason })]);
    await planNext(db, this.clock.now());
  }

  private async write(db: TenantDb, { id }: InvoiceRow, content: Content): Promise<InvoiceRow> {
    const { lines, subtotal, carriedOut, tax, prepaid } = content;
    const now = this.clock.now();
    const number = await nextNumber(db, 'invoice');
    const customer = await this.customers.snapshot(db);
    await db.execute(FINALISE_INVOICE, [
      db.tenantId,
      id,
      number,
      subtotal.toFixed(6),
      tax.total.toFixed(6),
      subtotal.add(tax.total).toFixed(6),
      JSON.stringify(lines),
      JSON.stringify(tax.items),
      tax.note,
      carriedOut.toFixed(6),
      prepaid.toFixed(6),
      JSON.stringify(this.seller),
      JSON.stringify(customer),
      now,
      daysAfter(now, this.config.INVOICE_DUE_DAYS),
    ]);
    const [invoice] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, id]);
    assert(invoice, 'an invoice that was finalised can be read');
    return invoice;
  }

  private async announce(db: TenantDb, id: string): Promise<InvoiceRow> {
    await db.execute(BUMP_VERSION, [db.tenantId, id]);
    await planNext(db, this.clock.now());
    const [invoice] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, id]);
    assert(invoice, 'an invoice that was finalised can be read');
    db.emit(InvoiceFinalised, id, momentOf(invoice), { version: invoice.version });
    return invoice;
  }
}
