import { INVITATION_DAYS, type Role } from '@leadwire/contracts';
import type { MailDraft } from '../mail-content.js';

export type InvitationMail = {
  token: string;
  teamName: string;
  /** Null when they gave none. */
  inviterName: string | null;
  role: Role;
  message: string | null;
};

/** Mails to people who are asked into a team. What they quote was written by strangers: it comes with its links made harmless. */
export const invitationMails = {
  invitation: ({ token, teamName, inviterName, role, message }: InvitationMail): MailDraft => {
    const who = inviterName ?? 'Somebody';
    return {
      subject: `${who} invites you to ${teamName} on Leadwire`,
      paragraphs: [
        `${who} asks you to join the team ${teamName} on Leadwire as ${role}.`,
        ...(message ? [`${who} writes:`, message] : []),
        `The link works once, for ${INVITATION_DAYS} days. If you do not know the team, you can ignore this mail: nothing happens.`,
      ],
      action: { label: 'See the invitation', path: '/invitations', token },
    };
  },
};
