import { invitationErrors } from '@leadwire/contracts';

export type InvitationState = {
  expiresAt: Date;
  acceptedAt: Date | null;
  /** When it was withdrawn. */
  deletedAt: Date | null;
};

/** How an invitation stands at a moment. */
export function statusOf({ expiresAt, acceptedAt, deletedAt }: InvitationState, now: Date) {
  if (acceptedAt) return 'accepted';
  if (deletedAt) return 'revoked';
  return expiresAt <= now ? 'expired' : 'open';
}

/** @throws AppError `invitation.used` | `invitation.revoked` | `invitation.expired` */
export function requireOpen(invitation: InvitationState, now: Date): void {
  switch (statusOf(invitation, now)) {
    case 'open':
      return;
    case 'accepted':
      throw invitationErrors.used();
    case 'revoked':
      throw invitationErrors.revoked();
    case 'expired':
      throw invitationErrors.expired();
  }
}

/** Enough of an address for its owner to know it: `lee@example.com` → `l***@example.com`. */
export function masked(email: string): string {
  return `${email.slice(0, 1)}***${email.slice(email.lastIndexOf('@'))}`;
}
