import { Inject } from '@nestjs/common';
import {
  InvitationAccepted,
  invitationErrors,
  inviteesApi,
  tenantErrors,
  type AcceptedInvitation,
  type InvitationPreview,
  type InviteesApi,
  type Role,
  type SessionTokens,
  type ShowInvitation,
  type SignUpWithInvitation,
} from '@leadwire/contracts';
import { assert, Clock, newId, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { STANDING_IN_TENANT } from '../accounts/accounts.queries.js';
import { actingAs } from '../accounts/acting-as.js';
import { NewTeams } from '../accounts/new-teams.js';
import { requirePerson } from '../accounts/re-authentication.js';
import { toTenant, type Standing } from '../accounts/standing.js';
import { Memberships } from '../members/memberships.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { SessionAnswers } from '../sessions/session-answers.js';
import { clientOf } from '../sessions/session-client.js';
import { Sessions } from '../sessions/sessions.js';
import type { InvitationRow } from './invitation-row.js';
import { hashOfInvitationToken } from './invitation-token.js';
import {
  ACCEPT_INVITATION,
  FIND_BY_TOKEN,
  FIRST_TEAM,
  LOCK_ACCEPTER,
  LOCK_BY_TOKEN,
  PREVIEW,
  SHOW_TOKEN,
} from './invitations.queries.js';
import { masked, requireOpen } from './judgement.js';

type Shown = InvitationRow & { tenantId: string };

/** What whoever was invited does with the token of the mail. Only its hash is known here. */
@Serves(inviteesApi)
export class InviteesService implements InviteesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(AccountTransaction) private readonly beforeTenant: AccountTransaction,
    @Inject(Memberships) private readonly memberships: Memberships,
    @Inject(NewTeams) private readonly teams: NewTeams,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SessionAnswers) private readonly answers: SessionAnswers,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * What the token is for. Whoever has it reads the mailbox, so they may know whether its address has an account.
   * @throws AppError `invitation.not_found` | `invitation.used` | `invitation.revoked` | `invitation.expired` |
   * `invitation.team_not_open`
   */
  async show(ctx: Ctx, { token }: ShowInvitation): Promise<InvitationPreview> {
    const { invitation, preview } = await this.look(ctx, token);
    return {
      teamName: preview.teamName,
      inviterName: preview.inviterName,
      email: masked(invitation.email),
      role: invitation.role,
      expiresAt: invitation.expiresAt.toISOString(),
      next: preview.hasAccount ? 'log-in' : 'sign-up',
    };
  }

  /**
   * Joins the team with the account that is signed in; the session stays where it is. Asking again after a lost answer is fine.
   * @throws AppError what {@link show} throws | `invitation.other_address` | `invitation.verify_first`
   */
  async accept(ctx: Ctx, { token }: ShowInvitation): Promise<AcceptedInvitation> {
    const person = requirePerson(ctx);
    const { tenantId } = await this.find(token);
    return this.tenant.run(Object.freeze({ ...person, tenantId }), async (db) => {
      const invitation = await this.lock(db, token);
      if (invitation.acceptedBy !== person.userId) {
        requireOpen(invitation, this.clock.now());
        await requireInvited(db, person.userId, invitation);
        await this.join(db, person.userId, invitation);
        await db.execute(FIRST_TEAM, [person.userId, tenantId]);
      }
      const standing = await standingOf(db, person.userId);
      // They used it, and have left since.
      if (!standing) throw invitationErrors.used();
      return { tenant: toTenant(standing), role: standing.role };
    });
  }

  /**
   * Makes an account for the invited address, whose owner has shown themselves by the token, and begins a session in the team.
   * @throws AppError what {@link show} throws | `invitation.log_in_first` | `account.password_refused`
   */
  async signUp(ctx: Ctx, input: SignUpWithInvitation): Promise<SessionTokens> {
    const { invitation, preview } = await this.look(ctx, input.token);
    if (preview.hasAccount) throw invitationErrors.log_in_first();
    const { email } = invitation;
    const known = [email, preview.teamName, input.firstName, input.lastName];
    const passwordHash = await this.newPasswords.prepare(input.password, known);
    const ids = { tenantId: invitation.tenantId, userId: newId() };
    const opened = await this.tenant
      .run(actingAs(ctx, ids), async (db) => {
        const locked = await this.lock(db, input.token);
        requireOpen(locked, this.clock.now());
        const { firstName, lastName } = input;
        // The token was read in the mailbox of the address.
        const person = { userId: ids.userId, email: locked.email, emailVerified: true, firstName, lastName };
        await this.teams.createAccount(db, { ...person, passwordHash });
        await this.join(db, ids.userId, locked);
        const standing = await standingOf(db, ids.userId);
        assert(standing, 'who has just joined is a member');
        return {
          standing,
          session: await this.sessions.open(db, standing, { client: clientOf(ctx) }),
        };
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? invitationErrors.log_in_first() : error;
      });
    return this.answers.of(opened);
  }

  private async find(token: string): Promise<Shown> {
    const hash = hashOfInvitationToken(token);
    const invitation = await this.beforeTenant.run(async (db) => {
      await db.execute(SHOW_TOKEN, [hash]);
      const [row] = await db.query<Shown>(FIND_BY_TOKEN, [hash]);
      return row;
    });
    if (!invitation) throw invitationErrors.not_found();
    return invitation;
  }

  private async look(ctx: Ctx, token: string): Promise<{ invitation: Shown; preview: PreviewRow }> {
    const invitation = await this.find(token);
    const { requestId, traceparent, deadline } = ctx;
    const [preview] = await this.tenant.read<PreviewRow>(
      systemCtx(invitation.tenantId, { requestId, traceparent, deadline }),
      PREVIEW,
      [invitation.tenantId, invitation.invitedBy, invitation.email],
    );
    requireOpen(invitation, this.clock.now());
    if (preview?.status !== 'active') throw invitationErrors.team_not_open();
    return { invitation, preview };
  }

  // The team first, then the invitation: in the order in which everybody takes them.
  private async lock(db: TenantDb, token: string): Promise<InvitationRow> {
    await this.memberships.lock(db).catch((error: unknown) => {
      throw isNotOpen(error) ? invitationErrors.team_not_open() : error;
    });
    const [row] = await db.query<InvitationRow>(LOCK_BY_TOKEN, [db.tenantId, hashOfInvitationToken(token)]);
    if (!row) throw invitationErrors.not_found();
    return row;
  }

  private async join(db: TenantDb, userId: string, invitation: InvitationRow): Promise<void> {
    const { id, role, invitedBy } = invitation;
    // Who is a member already keeps the role they have.
    await this.memberships.join(db, userId, role, invitedBy);
    await db.execute(ACCEPT_INVITATION, [db.tenantId, id, this.clock.now(), userId]);
    db.emit(InvitationAccepted, id, { userId, role });
  }
}

type PreviewRow = {
  teamName: string;
  status: string;
  inviterName: string | null;
  hasAccount: boolean;
};

async function requireInvited(db: TenantDb, userId: string, { email }: { email: string }): Promise<void> {
  const [person] = await db.query<{ email: string; emailVerified: boolean }>(LOCK_ACCEPTER, [userId]);
  if (!person) throw requestErrors.unauthenticated({ internal: 'the person is gone' });
  if (person.email !== email) throw invitationErrors.other_address();
  if (!person.emailVerified) throw invitationErrors.verify_first();
}

async function standingOf(db: TenantDb, userId: string): Promise<(Standing & { role: Role }) | undefined> {
  const [standing] = await db.query<Standing>(STANDING_IN_TENANT, [db.tenantId, userId]);
  return standing;
}

const NOT_OPEN = [tenantErrors.not_found().code, tenantErrors.suspended().code];
const isNotOpen = (error: unknown): boolean => NOT_OPEN.includes((error as { code?: string }).code ?? '');
