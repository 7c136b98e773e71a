import { harmlessName } from '../../invitations/harmless-text.js';
import type { MailDraft } from '../mail-content.js';

export type InvoiceMail = { teamName: string; number: string; total: string; currency: string };
export type OpenInvoiceMail = InvoiceMail & { due: string; dueAt: string | null };

const INVOICES = { label: 'See your invoices', path: '/billing/invoices' };

/** Mails to the owners of a team about its money. */
export const billingMails = {
  'invoice-issued': ({ teamName, number, total, due, dueAt, currency }: OpenInvoiceMail): MailDraft => ({
    subject: `Invoice ${number} for ${harmlessName(teamName)}`,
    paragraphs: [
      `Here is invoice ${number} of ${money(total, currency)} for ${harmlessName(teamName)}.`,
      dueAt
        ? `${money(due, currency)} of it is to be paid until ${day(dueAt)} (UTC). What your wallet covers is taken from it by itself.`
        : 'It is paid: there is nothing for you to do.',
    ],
    action: INVOICES,
  }),

  'invoice-reminded': ({
    teamName,
    number,
    due,
    dueAt,
    currency,
    suspendsAt,
    step,
  }: OpenInvoiceMail & { step: number; suspendsAt: string | null }): MailDraft => ({
    subject: `Reminder ${step}: invoice ${number} for ${harmlessName(teamName)} is not paid`,
    paragraphs: [
      `Invoice ${number} was to be paid until ${day(dueAt)}. ${money(due, currency)} of it is still open.`,
      suspendsAt
        ? `Top your wallet up, or pay as the invoice says. On ${day(suspendsAt)} (UTC) the wallet is suspended: nothing that costs money goes on until the invoice is paid.`
        : 'The wallet is suspended now: nothing that costs money goes on until the invoice is paid. It opens again by itself then.',
    ],
    action: INVOICES,
  }),

  'invoice-paid': ({ teamName, number, total, currency }: InvoiceMail): MailDraft => ({
    subject: `Invoice ${number} for ${harmlessName(teamName)} is paid`,
    paragraphs: [`Invoice ${number} of ${money(total, currency)} is paid. Thank you.`],
    action: INVOICES,
  }),

  'invoice-voided': ({ teamName, number, reason }: InvoiceMail & { reason: string }): MailDraft => ({
    subject: `Invoice ${number} for ${harmlessName(teamName)} was voided`,
    paragraphs: [`Invoice ${number} was taken back and need not be paid. The reason: ${reason}`],
    action: INVOICES,
  }),

  'credit-note-issued': ({
    teamName,
    number,
    total,
    currency,
    invoiceNumber,
    reason,
  }: InvoiceMail & { invoiceNumber: string; reason: string }): MailDraft => ({
    subject: `Credit note ${number} for ${harmlessName(teamName)}`,
    paragraphs: [
      `Here is credit note ${number} of ${money(total, currency)}, which corrects invoice ${invoiceNumber}.`,
      `The reason: ${reason}`,
    ],
    action: INVOICES,
  }),
};

/** An exact amount as people write it, with its currency's own digits. */
export function money(amount: string, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(amount as Intl.StringNumericLiteral).replaceAll('\u00a0', ' ');
}

const day = (moment: string | null): string => moment?.slice(0, 10) ?? 'now';
