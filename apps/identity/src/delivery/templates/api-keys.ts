import type { MailDraft } from '../mail-content.js';

export type ApiKeyMail = { name: string; prefix: string; teamName: string; scopes: string; until: string };

/** Mails about keys that act in a person's name: whoever made one without them should be found out. No mail holds a key. */
export const apiKeyMails = {
  'api-key-created': ({ name, prefix, teamName, scopes, until }: ApiKeyMail): MailDraft => ({
    subject: `A new API key acts for you in ${teamName}`,
    paragraphs: [
      `An API key was made that acts in your name in the team ${teamName} on Leadwire: “${name}” (lw_live_${prefix}…), for ${scopes}, until ${until}.`,
      'If you did not make it, revoke it, end your other sessions and change your password at once.',
    ],
    action: { label: 'See your API keys', path: '/settings/api-keys' },
  }),
};
