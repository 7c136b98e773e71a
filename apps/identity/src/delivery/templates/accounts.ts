import type { MailDraft } from '../mail-content.js';

const NOT_YOU = 'If this was not you, you can ignore this mail: nothing changes.';

/** Mails about a person's own account. Tokens go into links only; no mail says a password or a code. */
export const accountMails = {
  'verify-email': ({ token }: { token: string }): MailDraft => ({
    subject: 'Confirm your e-mail address',
    paragraphs: ['Please confirm that this address is yours. The link works once, for 24 hours.', NOT_YOU],
    action: { label: 'Confirm address', path: '/verify-email', token },
  }),

  'sign-up-link': ({ token }: { token: string }): MailDraft => ({
    subject: 'Sign up for Leadwire',
    paragraphs: [
      'Somebody asked to sign up for Leadwire with this address. If it was you, go on here: name your team and choose a password. The link works once, for 24 hours.',
      NOT_YOU,
    ],
    action: { label: 'Sign up', path: '/sign-up', token },
  }),

  'sign-up-attempted': (_: Record<never, string>): MailDraft => ({
    subject: 'You already have a Leadwire account',
    paragraphs: [
      'Somebody tried to sign up with this address, which has an account already. If it was you, log in instead; if you do not know the password any more, ask for a new one.',
      NOT_YOU,
    ],
    action: { label: 'Log in', path: '/log-in' },
  }),

  'email-change-confirm-new': ({ token }: { token: string }): MailDraft => ({
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      'Please confirm that you want to use Leadwire with this address from now on. The link works once, for 24 hours.',
      NOT_YOU,
    ],
    action: { label: 'Confirm new address', path: '/change-email', token },
  }),

  'email-change-confirm-old': ({ token, newEmail }: { token: string; newEmail: string }): MailDraft => ({
    subject: 'Confirm the change of your e-mail address',
    paragraphs: [
      `Somebody who knows your password wants to change the address of your Leadwire account to ${newEmail}. Please confirm it. The link works once, for 24 hours.`,
      'If this was not you, do not open the link, and change your password at once.',
    ],
    action: { label: 'Confirm change', path: '/change-email', token },
  }),

  'email-change-announced': ({ newEmail }: { newEmail: string }): MailDraft => ({
    subject: 'The e-mail address of your account is about to change',
    paragraphs: [
      `Somebody who knows your password wants to change the address of your Leadwire account to ${newEmail}.`,
      'If this was not you, change your password at once: that stops the change.',
    ],
  }),

  'email-change-taken': (_: Record<never, string>): MailDraft => ({
    subject: 'This address already has a Leadwire account',
    paragraphs: [
      'Somebody wanted to change the address of their Leadwire account to this one, which has an account already. Nothing was changed.',
      NOT_YOU,
    ],
  }),

  'email-changed': ({ newEmail }: { newEmail: string }): MailDraft => ({
    subject: 'The e-mail address of your account has changed',
    paragraphs: [
      `Your Leadwire account now has the address ${newEmail}. This address no longer works for it.`,
      'If this was not you, ask the owner of your team for help.',
    ],
  }),

  'reset-password': ({ token }: { token: string }): MailDraft => ({
    subject: 'Set a new password',
    paragraphs: ['Here you can set a new password. The link works once, for one hour.', NOT_YOU],
    action: { label: 'Set a new password', path: '/reset-password', token },
  }),

  'password-changed': ({ how }: { how: string }): MailDraft => ({
    subject: 'Your password has changed',
    paragraphs: [
      `The password of your Leadwire account ${how}. Other devices were signed out.`,
      'If this was not you, set a new password at once.',
    ],
    action: { label: 'Set a new password', path: '/forgot-password' },
  }),
};
