import { harmlessName } from '../../invitations/harmless-text.js';
import type { MailDraft } from '../mail-content.js';
import { money } from './billing.js';

export type LowBalanceMail = { teamName: string; balance: string; threshold: string; currency: string };
export type WalletFrozenMail = { teamName: string; cause: string; reason: string };

const WALLET = { label: 'See your wallet', path: '/billing/wallet' };

/** Mails to the owners of a team about its wallet as a whole. */
export const walletMails = {
  'low-balance': ({ teamName, balance, threshold, currency }: LowBalanceMail): MailDraft => ({
    subject: `The wallet of ${harmlessName(teamName)} runs low`,
    paragraphs: [
      `${money(balance, currency)} is left, less than the ${money(threshold, currency)} below which you want to be told.`,
      'What costs money stops when nothing is left. You are told again only once the balance was a tenth above the threshold.',
    ],
    action: WALLET,
  }),

  'wallet-frozen': ({ teamName, cause, reason }: WalletFrozenMail): MailDraft => ({
    subject: `The wallet of ${harmlessName(teamName)} is frozen`,
    paragraphs: [
      cause === 'audit'
        ? 'Our own audit found that its ledger does not add up. Nothing of it is lost: it stands still until we have settled why.'
        : `It was frozen. The reason: ${reason}`,
      'Nothing is paid in or out meanwhile. What you use is recorded, and charged when the wallet goes on.',
    ],
    action: WALLET,
  }),

  'wallet-unfrozen': ({ teamName }: { teamName: string }): MailDraft => ({
    subject: `The wallet of ${harmlessName(teamName)} goes on`,
    paragraphs: ['It is not frozen any more. What you used meanwhile is charged now.'],
    action: WALLET,
  }),
};
