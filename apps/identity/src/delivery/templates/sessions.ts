import type { MailDraft } from '../mail-content.js';

/** Mails about sessions that did not end by their person's hand. */
export const sessionMails = {
  'session-reused': ({ device, when }: { device: string; when: string }): MailDraft => ({
    subject: 'We ended a session of yours to be safe',
    paragraphs: [
      `At ${when} somebody tried to go on with your session on “${device}” with a key that had been used already. One of the two had a copy that they should not have, and nobody can tell which, so the session has ended for both.`,
      'Log in again on that device. If it happens once more, or if you do not know the device, set a new password: that ends all your sessions.',
    ],
    action: { label: 'Set a new password', path: '/forgot-password' },
  }),
};
