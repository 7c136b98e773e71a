import type { Ctx } from '@leadwire/kernel';
import { ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { Email, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing, PageRequest, pageOf, type Page } from '../define/page.js';
import { ACCOUNT_NAME_MAX, ACCOUNT_PASSWORD_MAX } from './accounts.api.js';

/** A person in the caller's team. */
export class Member {
  @Uuid()
  userId!: string;

  @Email()
  email!: string;

  @Text({ max: ACCOUNT_NAME_MAX, nullable: true })
  firstName!: string | null;

  @Text({ max: ACCOUNT_NAME_MAX, nullable: true })
  lastName!: string | null;

  @OneOf(ROLES)
  role!: string;

  @Uuid({ nullable: true, description: 'Who invited them; null for whoever made the team.' })
  invitedBy!: string | null;

  @Timestamp({ description: 'When they joined, the last time if they had left.' })
  joinedAt!: string;

  @Timestamp({ description: 'When they joined or got another role, whatever was last.' })
  updatedAt!: string;

  @Timestamp({ nullable: true, description: 'When they last used a session in this team, to the minute.' })
  lastSeenAt!: string | null;
}

export class ListMembers extends PageRequest {
  @OneOf(ROLES, { optional: true })
  role?: string;
}

export class MemberRef {
  @Uuid()
  userId!: string;
}

export class ChangeMember extends MemberRef {
  @OneOf(ROLES)
  role!: string;
}

/** Makes another member the owner; whoever hands over becomes an admin. */
export class TransferOwnership extends MemberRef {
  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX, description: "The caller's own, once more." })
  password!: string;
}

export interface MembersApi {
  list(ctx: Ctx, input: ListMembers): Promise<Page<Member>>;
  get(ctx: Ctx, input: MemberRef): Promise<Member>;
  update(ctx: Ctx, input: ChangeMember): Promise<Member>;
  remove(ctx: Ctx, input: MemberRef): Promise<void>;
  leave(ctx: Ctx, input: Nothing): Promise<void>;
  transferOwnership(ctx: Ctx, input: TransferOwnership): Promise<Member>;
}
export const membersApi = defineApi<MembersApi>('identity.members', {
  list: { input: ListMembers, output: pageOf(Member), can: 'members.read', idempotent: true },
  get: { input: MemberRef, output: Member, can: 'members.read', idempotent: true },
  update: { input: ChangeMember, output: Member, can: 'members.write' },
  remove: { input: MemberRef, can: 'members.write' },
  leave: { input: Nothing, can: 'signed-in' },
  transferOwnership: { input: TransferOwnership, output: Member, can: 'tenant.transfer' },
});
