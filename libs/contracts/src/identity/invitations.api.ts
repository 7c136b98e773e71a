import type { Ctx } from '@leadwire/kernel';
import { ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { Email, Int, JsonObject, ListOf, Nested, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';
import {
  ACCOUNT_NAME_MAX,
  ACCOUNT_PASSWORD_MAX,
  ACCOUNT_PASSWORD_MIN,
  SessionTokens,
} from './accounts.api.js';
import { Tenant, TENANT_NAME_MAX } from './tenants.api.js';

/** People invited by one request. */
export const INVITATIONS_AT_ONCE_MAX = 50;
export const INVITATION_MESSAGE_MAX = 1000;
/** How long an invitation may be accepted. */
export const INVITATION_DAYS = 7;
export const INVITATION_STATUSES = ['open', 'accepted', 'expired', 'revoked'] as const;
export const INVITATION_OUTCOMES = ['invited', 'already-invited', 'already-member', 'named-twice'] as const;
const METADATA_BYTES_MAX = 2048;
const TOKEN_MAX = 128;

export class Invitee {
  @Email()
  email!: string;

  @OneOf(ROLES)
  role!: string;
}

export class CreateInvitations {
  @ListOf(() => Invitee, {
    min: 1,
    items: INVITATIONS_AT_ONCE_MAX,
    example: [{ email: 'lee@example.com', role: 'agent' }],
  })
  invitations!: Invitee[];

  @Text({
    min: 1,
    max: INVITATION_MESSAGE_MAX,
    optional: true,
    description: 'Plain text in the mail; links in it are made harmless.',
  })
  message?: string;

  @JsonObject({
    optional: true,
    maxBytes: METADATA_BYTES_MAX,
    description: 'What your own tools want to know again when they list invitations.',
  })
  metadata?: Record<string, unknown>;
}

/** Somebody is asked into the caller's team. */
export class Invitation {
  @Uuid()
  id!: string;

  @Email()
  email!: string;

  @OneOf(ROLES)
  role!: string;

  @OneOf(INVITATION_STATUSES)
  status!: string;

  @Text({ max: INVITATION_MESSAGE_MAX, nullable: true })
  message!: string | null;

  @JsonObject()
  metadata!: Record<string, unknown>;

  @Uuid()
  invitedBy!: string;

  @Int({ min: 1, description: 'How often the mail was sent.' })
  sends!: number;

  @Timestamp()
  lastSentAt!: string;

  @Timestamp()
  expiresAt!: string;

  @Timestamp({ nullable: true })
  acceptedAt!: string | null;

  @Uuid({ nullable: true })
  acceptedBy!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp({ description: 'When it was last sent, answered or withdrawn.' })
  updatedAt!: string;
}

/** What became of one of the addresses. */
export class InvitationResult {
  @Email()
  email!: string;

  @OneOf(INVITATION_OUTCOMES)
  outcome!: string;

  @Nested(() => Invitation, { nullable: true, description: 'The new one, when somebody was invited.' })
  invitation!: Invitation | null;
}

export class InvitationResults {
  @ListOf(() => InvitationResult, { items: INVITATIONS_AT_ONCE_MAX, description: 'In the order asked for.' })
  results!: InvitationResult[];
}

export class ListInvitations extends PageRequest {
  @OneOf(INVITATION_STATUSES, { optional: true })
  status?: string;
}

export class InvitationRef {
  @Uuid()
  invitationId!: string;
}

/** The token of the link in the mail. */
export class ShowInvitation {
  @Text({ min: 1, max: TOKEN_MAX, description: 'From the link in the mail.' })
  token!: string;
}

/** What whoever holds the token may know. */
export class InvitationPreview {
  @Text({ max: TENANT_NAME_MAX })
  teamName!: string;

  @Text({ max: 2 * ACCOUNT_NAME_MAX + 1, nullable: true })
  inviterName!: string | null;

  @Text({ max: 254, description: 'The invited address, most of it hidden.' })
  email!: string;

  @OneOf(ROLES)
  role!: string;

  @Timestamp()
  expiresAt!: string;

  @OneOf(['log-in', 'sign-up'], {
    description: 'Log in to the account of that address and accept, or sign up with the invitation.',
  })
  next!: string;
}

export class AcceptedInvitation {
  @Nested(() => Tenant)
  tenant!: Tenant;

  @OneOf(ROLES)
  role!: string;
}

/** Makes an account for the invited address: the token shows that it is theirs. */
export class SignUpWithInvitation extends ShowInvitation {
  @Text({
    min: ACCOUNT_PASSWORD_MIN,
    max: ACCOUNT_PASSWORD_MAX,
    description: 'Any characters; length is what counts.',
  })
  password!: string;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, optional: true })
  firstName?: string;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, optional: true })
  lastName?: string;
}

export interface InvitationsApi {
  create(ctx: Ctx, input: CreateInvitations): Promise<InvitationResults>;
  list(ctx: Ctx, input: ListInvitations): Promise<Page<Invitation>>;
  resend(ctx: Ctx, input: InvitationRef): Promise<Invitation>;
  revoke(ctx: Ctx, input: InvitationRef): Promise<void>;
}
export const invitationsApi = defineApi<InvitationsApi>('identity.invitations', {
  create: { input: CreateInvitations, output: InvitationResults, can: 'members.invite' },
  list: { input: ListInvitations, output: pageOf(Invitation), can: 'members.invite', idempotent: true },
  resend: { input: InvitationRef, output: Invitation, can: 'members.invite' },
  revoke: { input: InvitationRef, can: 'members.invite' },
});

/** The other end: whoever was invited. */
export interface InviteesApi {
  show(ctx: Ctx, input: ShowInvitation): Promise<InvitationPreview>;
  accept(ctx: Ctx, input: ShowInvitation): Promise<AcceptedInvitation>;
  signUp(ctx: Ctx, input: SignUpWithInvitation): Promise<SessionTokens>;
}
export const inviteesApi = defineApi<InviteesApi>('identity.invitees', {
  show: { input: ShowInvitation, output: InvitationPreview, can: 'public' },
  accept: { input: ShowInvitation, output: AcceptedInvitation, can: 'signed-in' },
  signUp: { input: SignUpWithInvitation, output: SessionTokens, can: 'public' },
});
