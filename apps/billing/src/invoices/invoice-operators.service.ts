import { Inject } from '@nestjs/common';
import {
  InvoiceVoided,
  invoiceErrors,
  invoiceOperatorsApi,
  walletErrors,
  type CreditInvoice,
  type CreditNote,
  type Invoice,
  type InvoiceOf,
  type InvoiceOperatorsApi,
  type InvoiceRun,
  type InvoiceSummary,
  type ListInvoicesOf,
  type MarkInvoicePaid,
  type Page,
  type RunInvoices,
  type VoidInvoice,
} from '@leadwire/contracts';
import { amount, assert, Clock, systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { ChargeSweeper } from '../usage/charge-sweeper.js';
import { Charging } from '../usage/charging.js';
import { announcePaid, Collection } from './collection.js';
import { Crediting } from './crediting.js';
import { toCreditNote } from './credit-note-row.js';
import { InvoiceRounds } from './invoice-rounds.js';
import { momentOf, toInvoice, type InvoiceRow } from './invoice-row.js';
import { FIND_INVOICE, LAST_USAGE_INVOICE, VOID_INVOICE } from './invoices.queries.js';
import { heldInvoice, InvoicesService } from './invoices.service.js';
import { planNext } from './upkeep.js';

/** The door of those who run the platform to the invoices of teams: it takes requests of the system only. */
@Serves(invoiceOperatorsApi)
export class InvoiceOperatorsService implements InvoiceOperatorsApi {
  constructor(
    @Inject(InvoicesService) private readonly invoices: InvoicesService,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(ChargeSweeper) private readonly sweeper: ChargeSweeper,
    @Inject(Collection) private readonly collection: Collection,
    @Inject(Crediting) private readonly crediting: Crediting,
    @Inject(InvoiceRounds) private readonly rounds: InvoiceRounds,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  list(ctx: Ctx, { tenantId, ...input }: ListInvoicesOf): Promise<Page<InvoiceSummary>> {
    return this.invoices.list(within(ctx, tenantId), input);
  }

  get(ctx: Ctx, { tenantId, invoiceId }: InvoiceOf): Promise<Invoice> {
    return this.invoices.get(within(ctx, tenantId), { invoiceId });
  }

  async run(_: Ctx, { tenantId }: RunInvoices): Promise<InvoiceRun> {
    if (tenantId === undefined) return { tenants: await this.rounds.runAll() };
    await this.rounds.runOne(tenantId);
    return { tenants: 1 };
  }

  async markPaid(ctx: Ctx, input: MarkInvoicePaid): Promise<Invoice> {
    const paid = await this.wallets.run(within(ctx, input.tenantId), async (db, wallet) => {
      const invoice = await heldOpen(db, input.invoiceId);
      const ledgerTransactionId =
        invoice.kind === 'credit' ? await this.addCredit(db, wallet, invoice) : null;
      const row = await this.collection.pay(db, invoice, {
        paidAt: input.paidAt ? new Date(input.paidAt) : this.clock.now(),
        method: input.method,
        ledgerTransactionId,
        metadata: { paymentReference: input.reference },
      });
      announcePaid(db, row);
      await this.collection.restore(db, wallet);
      await planNext(db, this.clock.now());
      return toInvoice(row);
    });
    this.sweeper.wake();
    return paid;
  }

  void(ctx: Ctx, { tenantId, invoiceId, reason }: VoidInvoice): Promise<Invoice> {
    return this.wallets.run(within(ctx, tenantId), async (db, wallet) => {
      const invoice = await heldOpen(db, invoiceId);
      const [last] = await db.query<{ id: string }>(LAST_USAGE_INVOICE, [db.tenantId]);
      if (invoice.kind === 'usage' && last?.id !== invoiceId) throw invoiceErrors.not_the_newest();
      const notes = JSON.stringify({ voided: reason });
      await db.execute(VOID_INVOICE, [db.tenantId, invoiceId, this.clock.now(), notes]);
      const [row] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, invoiceId]);
      assert(row, 'an invoice that was voided can be read');
      db.emit(InvoiceVoided, invoiceId, { ...momentOf(row), reason }, { version: row.version });
      await this.collection.restore(db, wallet);
      await planNext(db, this.clock.now());
      return toInvoice(row);
    });
  }

  async credit(ctx: Ctx, { tenantId, invoiceId, key, ...asked }: CreditInvoice): Promise<CreditNote> {
    // The key of the request is what keeps a repeat from crediting again.
    const once = {
      ...within(ctx, tenantId),
      idempotencyKey: `${`credit:${key}`}\t${JSON.stringify([invoiceId, asked])}`,
    };
    const note = await this.wallets.run(once, async (db, wallet) => {
      const invoice = await heldInvoice(db, invoiceId);
      const written = await this.crediting.credit(db, wallet, invoice, asked);
      await this.charging.chargePending(db, wallet);
      return toCreditNote(written);
    });
    this.rounds.wake();
    this.sweeper.wake();
    return note;
  }

  /** Once: that the invoice is open, and held, keeps it from being added twice. */
  private async addCredit(db: TenantDb, wallet: LockedWallet, invoice: InvoiceRow): Promise<string> {
    const { id, number, subtotal } = invoice;
    const [answer] = await wallet.post([
      {
        kind: 'topup',
        amount: amount(subtotal),
        referenceType: 'invoice',
        referenceId: id,
        key: `invoice:${id}:credit`,
        description: `Credit of invoice ${number}`,
      },
    ]);
    if (answer?.outcome === 'frozen') throw walletErrors.frozen();
    if (answer?.outcome === 'limit') throw walletErrors.full();
    assert(answer?.outcome === 'posted' && answer.ledgerId, 'credit that was paid for is added');
    await this.charging.chargePending(db, wallet);
    return answer.ledgerId;
  }
}

async function heldOpen(db: TenantDb, id: string): Promise<InvoiceRow> {
  const invoice = await heldInvoice(db, id);
  if (invoice.status !== 'pending' && invoice.status !== 'overdue') throw invoiceErrors.not_open();
  return invoice;
}

const within = ({ requestId, traceparent, deadline }: Ctx, tenantId: string): Ctx =>
  systemCtx(tenantId, { requestId, traceparent, deadline });
