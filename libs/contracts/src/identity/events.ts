import { ROLES } from '../capabilities.js';
import { defineEvent } from '../define/event.js';
import { OneOf, Text, TextList, Timestamp, Uuid } from '../define/fields.js';

export class ApiKeyCreatedData {
  @Uuid({ description: 'For whom it acts.' })
  userId!: string;

  @TextList({ max: 60, items: 100 })
  scopes!: string[];

  @Timestamp()
  worksUntil!: string;

  @Uuid({ nullable: true, description: 'The key that it replaces.' })
  rotatedFrom!: string | null;
}
export const ApiKeyCreated = defineEvent(
  'identity.api-key.created',
  ApiKeyCreatedData,
  'A key that acts for a member exists.',
);

export class ApiKeyChangedData {
  @Uuid()
  userId!: string;

  @Timestamp()
  worksUntil!: string;
}
/** Whoever remembers what a key may do asks again. */
export const ApiKeyChanged = defineEvent(
  'identity.api-key.changed',
  ApiKeyChangedData,
  "An API key's name, scopes, limits or end changed.",
);

export class ApiKeyRevokedData {
  @Uuid()
  userId!: string;

  @Text({ max: 40, description: 'revoked-by-owner, revoked-by-admin, member-removed' })
  reason!: string;
}
export const ApiKeyRevoked = defineEvent(
  'identity.api-key.revoked',
  ApiKeyRevokedData,
  'An API key can no longer be used.',
);

export class TenantCreatedData {
  @Text({ max: 120 })
  name!: string;

  @Text({ max: 63 })
  slug!: string;

  @Text({ max: 40 })
  planTier!: string;

  @Uuid({ description: 'Who made it and owns it.' })
  ownerUserId!: string;
}
/** Everybody who keeps something per tenant prepares it on this: stages and statuses, the wallet and its trial credit. */
export const TenantCreated = defineEvent(
  'identity.tenant.created',
  TenantCreatedData,
  'A tenant exists: somebody signed up, or made a further team.',
);

export class TenantUpdatedData {
  @Text({ max: 120 })
  name!: string;

  @Text({ max: 40 })
  status!: string;

  @Text({ max: 40 })
  planTier!: string;
}
export const TenantUpdated = defineEvent(
  'identity.tenant.updated',
  TenantUpdatedData,
  "A tenant's name, status or plan changed.",
);

export class TenantErasedData {
  @Timestamp({ description: 'When an owner closed the team.' })
  closedAt!: string;
}
/**
 * The last fact of a tenant: everybody who keeps something of it erases it now, but for what the law says must be kept. No fact of
 * that tenant is handled after it.
 */
export const TenantErased = defineEvent(
  'identity.tenant.erased',
  TenantErasedData,
  'A closed tenant can no longer be restored; its data is erased.',
);

export class UserSignedUpData {
  @Text({ max: 254 })
  email!: string;
}
export const UserSignedUp = defineEvent(
  'identity.user.signed-up',
  UserSignedUpData,
  'A person has an account.',
);

export class UserSuspendedData {
  @Uuid()
  userId!: string;
}
export const UserSuspended = defineEvent(
  'identity.user.suspended',
  UserSuspendedData,
  'An operator stopped a person; told to each of their teams. What they began goes on for nobody.',
);

export class UserReinstatedData {
  @Uuid()
  userId!: string;
}
/** What was held for them goes on; what was paused waits for somebody to resume it. */
export const UserReinstated = defineEvent(
  'identity.user.reinstated',
  UserReinstatedData,
  'An operator let a person in again; told to each of their teams.',
);

export class MembershipCreatedData {
  @Uuid()
  userId!: string;

  @OneOf(ROLES)
  role!: string;
}
export const MembershipCreated = defineEvent(
  'identity.membership.created',
  MembershipCreatedData,
  'A person belongs to a tenant.',
);

export class MembershipChangedData {
  @Uuid()
  userId!: string;

  @OneOf(ROLES)
  role!: string;
}
/** Access tokens of that person in that tenant name the old role: verifiers refuse those issued before it. */
export const MembershipChanged = defineEvent(
  'identity.membership.changed',
  MembershipChangedData,
  "A member's role changed.",
);

export class MembershipRemovedData {
  @Uuid()
  userId!: string;
}
export const MembershipRemoved = defineEvent(
  'identity.membership.removed',
  MembershipRemovedData,
  'A person no longer belongs to a tenant.',
);

export class InvitationCreatedData {
  @OneOf(ROLES)
  role!: string;

  @Uuid()
  invitedBy!: string;
}
/** Whom it invites stays in identity: nobody else needs the address. */
export const InvitationCreated = defineEvent(
  'identity.invitation.created',
  InvitationCreatedData,
  'Somebody was invited to a tenant.',
);

export class InvitationAcceptedData {
  @Uuid({ description: 'Who joined.' })
  userId!: string;

  @OneOf(ROLES)
  role!: string;
}
export const InvitationAccepted = defineEvent(
  'identity.invitation.accepted',
  InvitationAcceptedData,
  'An invitation was used.',
);

export class InvitationRevokedData {
  @Text({ max: 40, description: 'withdrawn, inviter-left, inviter-demoted, inviter-suspended, replaced' })
  reason!: string;
}
export const InvitationRevoked = defineEvent(
  'identity.invitation.revoked',
  InvitationRevokedData,
  'An invitation can no longer be used.',
);

export class SessionEndedData {
  @Uuid()
  userId!: string;

  @Text({ max: 40, description: 'log-out, reuse-detected, expired, revoked, password-changed, …' })
  reason!: string;
}
export const SessionEnded = defineEvent(
  'identity.session.ended',
  SessionEndedData,
  'A session can no longer be used.',
);

export class SessionSwitchedData {
  @Uuid()
  userId!: string;

  @Timestamp({
    description: 'Access tokens of the session for other tenants count no more if issued before.',
  })
  notBefore!: string;
}
/** Told in the tenant that the session goes on in. */
export const SessionSwitched = defineEvent(
  'identity.session.switched',
  SessionSwitchedData,
  'A session goes on in another tenant of its person.',
);

export class IdentityLinkedData {
  @Uuid()
  userId!: string;

  @Text({ max: 255, description: 'Issuer of the provider.' })
  issuer!: string;
}
export const IdentityLinked = defineEvent(
  'identity.user.identity-linked',
  IdentityLinkedData,
  'A person can log in with an account of a provider.',
);

export class IdentityUnlinkedData {
  @Uuid()
  userId!: string;

  @Text({ max: 255, description: 'Issuer of the provider.' })
  issuer!: string;
}
export const IdentityUnlinked = defineEvent(
  'identity.user.identity-unlinked',
  IdentityUnlinkedData,
  'A person can no longer log in with an account of a provider.',
);

export class RightsChangedData {
  @OneOf(['feature', 'member', 'flag'])
  kind!: string;

  @Text({ max: 100, description: 'The feature, capability or flag.' })
  key!: string;

  @Uuid({ nullable: true, description: 'The member it is about; null when it is about all.' })
  userId!: string | null;
}
/** Says that something changed, not how: what holds now is in the snapshot. */
export const RightsChanged = defineEvent(
  'identity.rights.changed',
  RightsChangedData,
  'A feature, a flag, or a right of a member was switched.',
);
