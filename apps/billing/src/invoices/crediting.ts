import { Inject, Injectable } from '@nestjs/common';
import { invoiceErrors, walletErrors, type CreditInvoice, type InvoiceTax } from '@leadwire/contracts';
import { amount, assert, Clock, newId, requestErrors, roundToMinorUnit, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { Command } from '../ledger/command.js';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import {
  CREDITED_SO_FAR,
  CREDITED_TAXES,
  FIND_CREDIT_NOTE,
  INSERT_CREDIT_NOTE,
} from './credit-notes.queries.js';
import type { WholeCreditNoteRow } from './credit-note-row.js';
import type { InvoiceRow } from './invoice-row.js';
import { NOTHING_TOLD } from './lines.js';
import { nextNumber } from './numbers.js';
import { planNext } from './upkeep.js';

type Given = { subtotal: Amount; taxes: InvoiceTax[]; tax: Amount };

/** Gives back part or all of what was paid with an invoice: to the wallet, with the tax on it, by a document of its own. */
@Injectable()
export class Crediting {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /**
   * Credits an invoice whose row and wallet are held.
   * @throws AppError `invoice.not_creditable` | `invoice.over_credited` | `wallet.frozen` | `wallet.full` | `request.invalid`
   */
  async credit(
    db: TenantDb,
    wallet: LockedWallet,
    invoice: InvoiceRow,
    { amount: asked, reason }: Pick<CreditInvoice, 'amount' | 'reason'>,
  ): Promise<WholeCreditNoteRow> {
    if (invoice.kind !== 'usage' || invoice.status !== 'paid') throw invoiceErrors.not_creditable();
    const given = await share(db, invoice, asked);
    const id = newId();
    const number = await nextNumber(db, 'credit_note');
    const ledgerTransactionId = await this.giveBack(wallet, invoice, { id, number, given });
    const line = {
      ...NOTHING_TOLD,
      line: 1,
      kind: 'correction' as const,
      description: `Given back of invoice ${invoice.number}: ${reason}`.slice(0, 300),
      exact: given.subtotal.toFixed(6),
      amount: given.subtotal.toFixed(6),
    };
    await db.execute(INSERT_CREDIT_NOTE, [
      id,
      db.tenantId,
      invoice.id,
      number,
      given.subtotal.toFixed(6),
      given.tax.toFixed(6),
      given.subtotal.add(given.tax).toFixed(6),
      invoice.currency,
      reason,
      JSON.stringify([line]),
      JSON.stringify(given.taxes),
      JSON.stringify(invoice.seller),
      JSON.stringify(invoice.customer),
      ledgerTransactionId,
      this.clock.now(),
    ]);
    await planNext(db, this.clock.now());
    const [note] = await db.query<WholeCreditNoteRow>(FIND_CREDIT_NOTE, [db.tenantId, id]);
    assert(note, 'a credit note that was written can be read');
    return note;
  }

  private async giveBack(
    wallet: LockedWallet,
    invoice: InvoiceRow,
    { id, number, given }: { id: string; number: string; given: Given },
  ): Promise<string> {
    const description = `Credit note ${number} for invoice ${invoice.number}`;
    const net: Command = {
      kind: 'credit',
      amount: given.subtotal,
      referenceType: 'credit_note',
      referenceId: id,
      source: 'prepaid',
      key: `credit-note:${id}`,
      description,
    };
    const tax: Command = {
      ...net,
      amount: given.tax,
      referenceType: 'invoice',
      referenceId: invoice.id,
      key: `credit-note:${id}:tax`,
      description: `${description}: tax`,
    };
    const commands = [net, tax].filter((command) => command.amount?.gt(0));
    const answers = await wallet.post(commands);
    for (const { outcome } of answers) {
      if (outcome === 'frozen') throw walletErrors.frozen();
      if (outcome === 'limit') throw walletErrors.full();
      assert(outcome === 'posted', 'money that is given back is posted');
    }
    const ledgerId = answers[0]?.ledgerId;
    assert(ledgerId, 'a credit note gives something back');
    return ledgerId;
  }
}

/** The part that is asked for, and the same part of each tax; who credits all that is left gets all that is left of the taxes. */
async function share(db: TenantDb, invoice: InvoiceRow, asked: string | undefined): Promise<Given> {
  const { currency, id, taxes } = invoice;
  const [before] = await db.query<{ subtotal: string }>(CREDITED_SO_FAR, [db.tenantId, id]);
  const left = amount(invoice.subtotal).sub(before?.subtotal ?? '0');
  const subtotal = asked === undefined ? left : amount(asked);
  if (!subtotal.gt(0) || !subtotal.eq(roundToMinorUnit(subtotal, currency))) {
    if (asked === undefined) throw invoiceErrors.over_credited();
    const detail = 'must be more than 0, in whole minor units';
    throw requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
  }
  if (subtotal.gt(left)) throw invoiceErrors.over_credited({ extras: { left: left.toFixed() } });
  const rows = await db.query<{ name: string; amount: string }>(CREDITED_TAXES, [db.tenantId, id]);
  const credited = new Map(rows.map((row) => [row.name, row.amount]));
  const given = taxes.map((item) => {
    const rest = amount(item.amount).sub(credited.get(item.name) ?? '0');
    const part = roundToMinorUnit(amount(item.amount).mul(subtotal).div(invoice.subtotal), currency);
    const value = subtotal.eq(left) || part.gt(rest) ? rest : part;
    return { ...item, base: subtotal.toFixed(6), amount: value.toFixed(6) };
  });
  const tax = given.reduce((sum, item) => sum.add(item.amount), amount('0'));
  return { subtotal, taxes: given, tax };
}
