import { Inject, Injectable } from '@nestjs/common';
import { INVITATION_DAYS, invitationErrors, type Role } from '@leadwire/contracts';
import { assert, Clock } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { Deliveries } from '../delivery/deliveries.js';
import { harmlessName, withoutLinks } from './harmless-text.js';
import { SENDER, SENT_SINCE } from './invitations.queries.js';

const DAY_MS = 86_400_000;
/** Mails of invitations that one team may send in 24 hours: a stolen account is no machine for spam. */
const INVITATION_MAILS_PER_DAY_MAX = 100;

/** Sends invitations, as many as a team may. The team's lock must be held: counting and sending are one. */
@Injectable()
export class InvitationMails {
  constructor(
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws AppError `invitation.daily_limit` when `count` more would be too many today */
  async requireRoom(db: TenantDb, count: number): Promise<void> {
    const now = this.clock.now().getTime();
    const [row] = await db.query<{ sent: number; oldest: Date | null }>(SENT_SINCE, [
      db.tenantId,
      new Date(now - DAY_MS),
    ]);
    if ((row?.sent ?? 0) + count <= INVITATION_MAILS_PER_DAY_MAX) return;
    const freeAt = (row?.oldest?.getTime() ?? now) + DAY_MS;
    throw invitationErrors.daily_limit({ retryAfterSeconds: (freeAt - now) / 1000 });
  }

  /** Queues the mail of one invitation with its commit. `message` is quoted with its links made harmless. */
  async send(
    db: TenantDb,
    invitation: { email: string; role: Role; message: string | null; invitedBy: string; token: string },
  ): Promise<void> {
    const { email, role, message, invitedBy, token } = invitation;
    const [sender] = await db.query<{ teamName: string; inviterName: string }>(SENDER, [
      db.tenantId,
      invitedBy,
    ]);
    assert(sender, 'who invites does so from a team');
    await this.deliveries.mail(db, {
      to: email,
      template: 'invitation',
      data: {
        token,
        role,
        teamName: harmlessName(sender.teamName),
        inviterName: sender.inviterName ? harmlessName(sender.inviterName) : null,
        message: message === null ? null : withoutLinks(message),
      },
      validForMs: INVITATION_DAYS * DAY_MS,
    });
  }
}
