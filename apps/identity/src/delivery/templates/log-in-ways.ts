import type { MailDraft } from '../mail-content.js';

const NOT_YOU = 'If this was not you, set a new password at once, and look at how you log in.';
const RESET = { label: 'Set a new password', path: '/forgot-password' };

/** Mails about how a person can log in. */
export const logInMails = {
  'log-in-added': ({ provider }: { provider: string }): MailDraft => ({
    subject: `You can now log in with ${provider}`,
    paragraphs: [`Your Leadwire account was linked with an account at ${provider}.`, NOT_YOU],
    action: RESET,
  }),

  'log-in-removed': ({ provider }: { provider: string }): MailDraft => ({
    subject: `You can no longer log in with ${provider}`,
    paragraphs: [`An account at ${provider} was unlinked from your Leadwire account.`, NOT_YOU],
    action: RESET,
  }),
};
