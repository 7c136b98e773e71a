import { Inject, Injectable } from '@nestjs/common';
import { InvoicePaid } from '@leadwire/contracts';
import { amount, assert, Clock } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { Charging } from '../usage/charging.js';
import { dueOf, momentOf, type InvoiceRow } from './invoice-row.js';
import {
  AVAILABLE,
  FIND_INVOICE,
  NOTE_COLLECTION,
  OPEN_USAGE_INVOICES,
  PAY_INVOICE,
  RESTORE_WALLET,
} from './invoices.queries.js';
import { planNext } from './upkeep.js';

/** Open invoices that are tried at once; nobody has more, and who does waits for the next turn. */
const OPEN_AT_ONCE = 24;

export type Payment = {
  paidAt: Date;
  method: string;
  ledgerTransactionId: string | null;
  metadata?: Record<string, unknown>;
};

/** Takes what is open of invoices from the wallet as soon as it covers it, oldest first, whole or not at all. */
@Injectable()
export class Collection {
  constructor(
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Tries all that are open; the wallet must be held. */
  async collectOpen(db: TenantDb, wallet: LockedWallet): Promise<void> {
    const open = await db.query<InvoiceRow>(OPEN_USAGE_INVOICES, [db.tenantId, OPEN_AT_ONCE]);
    let paid = 0;
    for (const invoice of open) if (await this.collect(db, wallet, invoice, true)) paid++;
    if (paid > 0) await planNext(db, this.clock.now());
  }

  /**
   * Tries one invoice over usage whose row and wallet are held. A refused posting is refused for ever under its key, so each try has
   * its own; that the invoice is open, and held, is what keeps it from being collected twice.
   * @param announced whether the world knows of the invoice; one that is paid when it is finalised is announced as paid
   * @returns whether it is paid now
   */
  async collect(
    db: TenantDb,
    wallet: LockedWallet,
    invoice: InvoiceRow,
    announced: boolean,
  ): Promise<boolean> {
    const due = dueOf(invoice);
    const [funds] = await db.query<{ available: string }>(AVAILABLE, [db.tenantId, invoice.walletId]);
    assert(funds, 'the wallet of an invoice exists');
    if (due.gt(0) && due.gt(funds.available)) return false;
    const ledgerTransactionId = due.isZero() ? null : await this.take(db, wallet, invoice);
    if (due.gt(0) && ledgerTransactionId === null) return false;
    // Paid at the very moment of its finalising means that its document says so.
    const paidAt = announced ? this.clock.now() : (invoice.finalisedAt ?? this.clock.now());
    const payment = { paidAt, method: 'wallet', ledgerTransactionId };
    const paid = await this.pay(db, invoice, payment);
    if (announced) announcePaid(db, paid);
    await this.restore(db, wallet);
    return true;
  }

  /** Notes that an invoice is paid, and how. */
  async pay(db: TenantDb, { id }: Pick<InvoiceRow, 'id'>, payment: Payment): Promise<InvoiceRow> {
    const { paidAt, method, ledgerTransactionId, metadata = {} } = payment;
    const params = [db.tenantId, id, paidAt, method, ledgerTransactionId, JSON.stringify(metadata)];
    await db.execute(PAY_INVOICE, params);
    const [paid] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, id]);
    assert(paid, 'an invoice that was paid can be read');
    return paid;
  }

  /** Opens a wallet again that was suspended for invoices of which none is left, and charges what waited. */
  async restore(db: TenantDb, wallet: LockedWallet): Promise<void> {
    const restored = await db.execute(RESTORE_WALLET, [db.tenantId, wallet.id]);
    if (restored > 0) await this.charging.chargePending(db, wallet);
  }

  private async take(db: TenantDb, wallet: LockedWallet, invoice: InvoiceRow): Promise<string | null> {
    const { id, number, collectTries } = invoice;
    await db.execute(NOTE_COLLECTION, [db.tenantId, id, collectTries + 1]);
    const [answer] = await wallet.post([
      {
        kind: 'debit',
        amount: amount(dueOf(invoice)),
        referenceType: 'invoice',
        referenceId: id,
        key: `invoice:${id}:${collectTries + 1}`,
        description: `Tax of invoice ${number}`,
      },
    ]);
    return answer?.outcome === 'posted' ? answer.ledgerId : null;
  }
}

/** Tells the world that an invoice is paid; in the transaction that made it so. */
export function announcePaid(db: TenantDb, paid: InvoiceRow): void {
  const data = { ...momentOf(paid), paymentMethod: paid.paymentMethod ?? '' };
  db.emit(InvoicePaid, paid.id, data, { version: paid.version });
}
