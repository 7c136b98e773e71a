import { Inject } from '@nestjs/common';
import {
  InvitationCreated,
  invitationErrors,
  InvitationRevoked,
  invitationsApi,
  type CreateInvitations,
  type Invitation,
  type InvitationRef,
  type InvitationResult,
  type InvitationResults,
  type InvitationsApi,
  type ListInvitations,
  type Page,
  type Role,
} from '@leadwire/contracts';
import { assert, Clock, newId, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { Memberships } from '../members/memberships.js';
import { requireGrantable } from '../members/role-rules.js';
import { InvitationMails } from './invitation-mails.js';
import { expiryAfter, toInvitation, type InvitationRow } from './invitation-row.js';
import { newInvitationToken } from './invitation-token.js';
import {
  INSERT_INVITATION,
  LIST_INVITATIONS,
  LOCK_INVITATION,
  MEMBERS_AMONG,
  RENEW_INVITATION,
  REVOKE_INVITATION,
  SWEEP_UNANSWERED,
  UNANSWERED_AMONG,
} from './invitations.queries.js';
import { statusOf } from './judgement.js';

const UNANSWERED_KEPT_MS = 90 * 86_400_000;
/** Mails of one invitation: whoever did not answer that many does not want to. */
const SENDS_MAX = 5;
const RESEND_AFTER_MS = 60_000;

type Wanted = { email: string; role: Role };
type Order = Wanted & { message: string | null; metadata: Record<string, unknown> };

/** Asking people into the caller's team. */
@Serves(invitationsApi)
export class InvitationsService implements InvitationsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(InvitationMails) private readonly mails: InvitationMails,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Invites addresses that are neither members nor invited already, and says of each what became of it. Whether an address has
   * an account makes no difference.
   * @throws AppError `member.role_above_yours` | `invitation.daily_limit`: then nobody was invited
   */
  create(ctx: Ctx, input: CreateInvitations): Promise<InvitationResults> {
    const wanted = input.invitations.map(({ email, role }) => ({
      email: canonicalEmail(email),
      role: role as Role,
    }));
    return this.tenant.run(ctx, async (db) => {
      await this.memberships.lock(db);
      const mine = await this.memberships.ofCaller(db);
      for (const { role } of wanted) requireGrantable(mine, role);
      await db.execute(SWEEP_UNANSWERED, [
        db.tenantId,
        new Date(this.clock.now().getTime() - UNANSWERED_KEPT_MS),
      ]);
      const outcomes = await this.outcomes(db, wanted);
      await this.mails.requireRoom(db, outcomes.filter((outcome) => outcome === 'invited').length);
      const results: InvitationResult[] = [];
      for (const [i, { email, role }] of wanted.entries()) {
        const outcome = outcomes[i] as string;
        const order = { email, role, message: input.message ?? null, metadata: input.metadata ?? {} };
        const invitation = outcome === 'invited' ? await this.invite(db, order) : null;
        results.push({ email, outcome, invitation });
      }
      return { results };
    });
  }

  /** Newest first. */
  async list(ctx: Ctx, input: ListInvitations): Promise<Page<Invitation>> {
    const { after, limit } = this.cursors.read(ctx, 'invitations', input);
    const now = this.clock.now();
    const rows = await this.tenant.read<InvitationRow>(ctx, LIST_INVITATIONS, [
      ctx.tenantId,
      input.status ?? null,
      now,
      after?.[0] ?? null,
      limit + 1,
    ]);
    return this.cursors.page(
      ctx,
      'invitations',
      input,
      rows,
      (row) => [row.id],
      (row) => toInvitation(row, now),
    );
  }

  /**
   * Sends an invitation again, with a new link; the old one works no longer. One that has expired is open again.
   * @throws AppError `invitation.not_found` | `invitation.used` | `invitation.revoked` | `invitation.sent_too_often` |
   * `invitation.sent_just_now` | `invitation.daily_limit` | `member.role_above_yours`
   */
  resend(ctx: Ctx, { invitationId }: InvitationRef): Promise<Invitation> {
    return this.tenant.run(ctx, async (db) => {
      const row = await this.lock(db, invitationId);
      const now = this.clock.now();
      if (row.acceptedAt) throw invitationErrors.used();
      if (row.deletedAt) throw invitationErrors.revoked();
      if (row.sends >= SENDS_MAX) throw invitationErrors.sent_too_often();
      const waitMs = row.lastSentAt.getTime() + RESEND_AFTER_MS - now.getTime();
      if (waitMs > 0) throw invitationErrors.sent_just_now({ retryAfterSeconds: waitMs / 1000 });
      await this.mails.requireRoom(db, 1);
      const { token, hash } = newInvitationToken();
      const [renewed] = await db.query<InvitationRow>(RENEW_INVITATION, [
        db.tenantId,
        row.id,
        hash,
        expiryAfter(now),
        now,
      ]);
      assert(renewed, 'a locked row can be updated');
      await this.mails.send(db, { ...renewed, token });
      return toInvitation(renewed, now);
    });
  }

  /**
   * Withdraws an invitation; withdrawing it again changes nothing.
   * @throws AppError `invitation.not_found` | `invitation.used` | `member.role_above_yours`
   */
  revoke(ctx: Ctx, { invitationId }: InvitationRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      const row = await this.lock(db, invitationId);
      if (row.acceptedAt) throw invitationErrors.used();
      if (row.deletedAt) return;
      await db.execute(REVOKE_INVITATION, [db.tenantId, row.id, this.clock.now()]);
      db.emit(InvitationRevoked, row.id, { reason: 'withdrawn' });
    });
  }

  private async lock(db: TenantDb, invitationId: string): Promise<InvitationRow> {
    await this.memberships.lock(db);
    const mine = await this.memberships.ofCaller(db);
    const [row] = await db.query<InvitationRow>(LOCK_INVITATION, [db.tenantId, invitationId]);
    if (!row) throw invitationErrors.not_found();
    requireGrantable(mine, row.role);
    return row;
  }

  private async outcomes(db: TenantDb, wanted: Wanted[]): Promise<string[]> {
    const addresses = wanted.map(({ email }) => email);
    const members = await db.query<{ email: string }>(MEMBERS_AMONG, [db.tenantId, addresses]);
    const unanswered = await db.query<{ id: string; email: string; expiresAt: Date }>(UNANSWERED_AMONG, [
      db.tenantId,
      addresses,
    ]);
    const now = this.clock.now();
    const isMember = new Set(members.map(({ email }) => email));
    const isInvited = new Set<string>();
    for (const { id, email, expiresAt } of unanswered) {
      if (statusOf({ expiresAt, acceptedAt: null, deletedAt: null }, now) === 'open') isInvited.add(email);
      else await this.replace(db, id, now);
    }
    return addresses.map((email, i) => {
      if (isMember.has(email)) return 'already-member';
      if (isInvited.has(email)) return 'already-invited';
      return addresses.indexOf(email) === i ? 'invited' : 'named-twice';
    });
  }

  // One address has one unanswered invitation: the one that ran out makes room.
  private async replace(db: TenantDb, invitationId: string, now: Date): Promise<void> {
    await db.execute(REVOKE_INVITATION, [db.tenantId, invitationId, now]);
    db.emit(InvitationRevoked, invitationId, { reason: 'replaced' });
  }

  private async invite(db: TenantDb, { email, role, message, metadata }: Order): Promise<Invitation> {
    const invitedBy = db.ctx.userId;
    if (!invitedBy) throw requestErrors.forbidden({ internal: 'invitations are a member’s' });
    const now = this.clock.now();
    const { token, hash } = newInvitationToken();
    const [row] = await db.query<InvitationRow>(INSERT_INVITATION, [
      newId(),
      db.tenantId,
      email,
      role,
      invitedBy,
      hash,
      expiryAfter(now),
      message,
      JSON.stringify(metadata),
      now,
    ]);
    assert(row, 'an insert returns its row');
    db.emit(InvitationCreated, row.id, { role, invitedBy });
    await this.mails.send(db, { id: row.id, email, role, message, invitedBy, token });
    return toInvitation(row, now);
  }
}
