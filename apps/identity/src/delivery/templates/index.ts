import { accountMails } from './accounts.js';
import { apiKeyMails } from './api-keys.js';
import { billingMails } from './billing.js';
import { invitationMails } from './invitations.js';
import { logInMails } from './log-in-ways.js';
import { paymentMails } from './payments.js';
import { sessionMails } from './sessions.js';
import { teamMails } from './teams.js';
import { walletMails } from './wallets.js';

/** Every mail that identity sends, by its name. A part of identity adds a file of its own here. */
export const mailTemplates = {
  ...accountMails,
  ...apiKeyMails,
  ...billingMails,
  ...invitationMails,
  ...logInMails,
  ...paymentMails,
  ...sessionMails,
  ...teamMails,
  ...walletMails,
};

export type MailTemplate = keyof typeof mailTemplates;
/** What a template must be told. */
export type MailData<T extends MailTemplate> = Parameters<(typeof mailTemplates)[T]>[0];
