import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { INVITATION_DAYS, invitationErrors, type Role } from '@leadwire/contracts';
import { assert, Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import { Deliveries, type Mail } from '../delivery/deliveries.js';
import { DeliveryWorker } from '../delivery/delivery-worker.js';
import { MailTransport } from '../delivery/mail-transport.js';
import { harmlessName, withoutLinks } from './harmless-text.js';
import { IS_ACCEPTABLE, SENDER, SENT_SINCE } from './invitations.queries.js';

const DAY_MS = 86_400_000;
/** Mails of invitations that one team may send in 24 hours: a stolen account is no machine for spam. */
const INVITATION_MAILS_PER_DAY_MAX = 100;
const CHANNEL = 'invitation';

type InvitationMail = { mail: Mail; about: { tenantId: string; invitationId: string } };

/** Sends invitations, as many as a team may. The team's lock must be held: counting and sending are one. */
@Injectable()
export class InvitationMails implements OnModuleInit {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DeliveryWorker) private readonly worker: DeliveryWorker,
    @Inject(MailTransport) private readonly transport: MailTransport,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.worker.handle(CHANNEL, (queued: InvitationMail, id) => this.deliver(queued, id));
  }

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
    invitation: {
      id: string;
      email: string;
      role: Role;
      message: string | null;
      invitedBy: string;
      token: string;
    },
  ): Promise<void> {
    const { id, email, role, message, invitedBy, token } = invitation;
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
      via: { channel: CHANNEL, about: { tenantId: db.tenantId, invitationId: id } },
    });
  }

  // A mail may wait for hours: its link must open something when it is read.
  private async deliver({ mail, about }: InvitationMail, id: string): Promise<void> {
    const { tenantId, invitationId } = about;
    const acceptable = await this.tenant.read(systemCtx(tenantId), IS_ACCEPTABLE, [tenantId, invitationId]);
    if (acceptable.length > 0) return this.transport.send(id, mail);
    this.logger.info(
      { delivery: id, tenantId, invitationId },
      'an invitation that opens nothing was not sent',
    );
  }
}
