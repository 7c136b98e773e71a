import { harmlessName } from '../../invitations/harmless-text.js';
import type { MailDraft } from '../mail-content.js';
import { money } from './billing.js';

type Declined = {
  teamName: string;
  amount: string;
  currency: string;
  reason: string;
  switchedOff: boolean;
  nextAttemptAt: string | null;
};
type Reversed = { teamName: string; kind: string; reversed: string; owed: string; currency: string };

const TOP_UP = { label: 'Top your wallet up', path: '/billing/top-ups' };
const NEEDS_PAYER = 'authentication_required';

/** Mails to the owners of a team about payments by card. */
export const paymentMails = {
  'auto-top-up-declined': (told: Declined): MailDraft => ({
    subject: `The wallet of ${harmlessName(told.teamName)} could not be topped up`,
    paragraphs: [
      `The balance of ${harmlessName(told.teamName)} is low, and ${money(told.amount, told.currency)} could not be charged to the saved card.`,
      told.reason === NEEDS_PAYER
        ? 'The bank wants you to confirm the payment yourself: top up once by hand, and the card works again.'
        : `The bank's reason: ${harmlessName(told.reason.replaceAll('_', ' '))}.`,
      told.switchedOff || told.nextAttemptAt === null
        ? 'It was tried several times, so topping up by itself is switched off now. Save another card and switch it on again.'
        : `It is tried again on ${moment(told.nextAttemptAt)} (UTC).`,
    ],
    action: TOP_UP,
  }),

  'payment-reversed': ({ teamName, kind, reversed, owed, currency }: Reversed): MailDraft => ({
    subject:
      kind === 'dispute'
        ? `A payment of ${harmlessName(teamName)} is disputed`
        : `A payment of ${harmlessName(teamName)} was refunded`,
    paragraphs: [
      kind === 'dispute'
        ? `The bank of whoever paid took ${money(reversed, currency)} back. It was taken out of the wallet; if the dispute is won, it returns.`
        : `${money(reversed, currency)} went back to the card it was paid with, and was taken out of the wallet.`,
      ...(/[1-9]/.test(owed)
        ? [
            `${money(owed, currency)} of it was spent already. The next top-up pays that first${kind === 'dispute' ? '; until then the wallet is suspended, and nothing that costs money goes on' : ''}.`,
          ]
        : []),
    ],
    action: TOP_UP,
  }),
};

const moment = (text: string): string => text.slice(0, 16).replace('T', ' ');
