import { INVITATION_DAYS, type Invitation, type Role } from '@leadwire/contracts';
import { statusOf } from './judgement.js';

const DAY_MS = 86_400_000;

export type InvitationRow = {
  id: string;
  email: string;
  role: Role;
  message: string | null;
  metadata: Record<string, unknown>;
  invitedBy: string;
  sends: number;
  lastSentAt: Date;
  expiresAt: Date;
  acceptedAt: Date | null;
  acceptedBy: string | null;
  deletedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

export const expiryAfter = (now: Date): Date => new Date(now.getTime() + INVITATION_DAYS * DAY_MS);

/** As those see it who invite. */
export function toInvitation(row: InvitationRow, now: Date): Invitation {
  const { deletedAt: _, ...rest } = row;
  return {
    ...rest,
    status: statusOf(row, now),
    lastSentAt: row.lastSentAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    acceptedAt: row.acceptedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
