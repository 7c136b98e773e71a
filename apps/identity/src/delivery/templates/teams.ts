import { harmlessName } from '../../invitations/harmless-text.js';
import type { MailDraft } from '../mail-content.js';

/** Mails to the owners of a team about the team itself. */
export const teamMails = {
  'team-closed': ({ teamName, until }: { teamName: string; until: string }): MailDraft => {
    const name = harmlessName(teamName);
    return {
      subject: `The team ${name} was closed`,
      paragraphs: [
        `An owner closed the team ${name}. Nobody can work in it any more. Until ${until} (UTC) an owner can restore it; after that, its data is erased and cannot be brought back.`,
        'If this should not have happened, restore the team and change your password.',
      ],
      action: { label: 'Restore the team', path: '/restore-team' },
    };
  },
};
