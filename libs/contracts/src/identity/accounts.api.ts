import type { Ctx } from '@leadwire/kernel';
import { ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import {
  Bool,
  Email,
  Int,
  JsonObject,
  Nested,
  OneOf,
  Text,
  TextList,
  Timestamp,
  Uuid,
} from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { ACCOUNT_PHONE_MAX, Tenant, TENANT_NAME_MAX, TENANT_SLUG_MAX } from './tenants.api.js';

export const ACCOUNT_PASSWORD_MIN = 12;
export const ACCOUNT_PASSWORD_MAX = 256;
export const ACCOUNT_NAME_MAX = 100;
const TOKEN_MAX = 2048;

/** Makes a team and the account of its owner. */
export class SignUp {
  @Text({ min: 1, max: TENANT_NAME_MAX, pattern: /\S/, description: 'Name of the team.' })
  tenantName!: string;

  @Email()
  email!: string;

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

export class LogIn {
  @Email()
  email!: string;

  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX })
  password!: string;

  @Uuid({
    optional: true,
    description: "Which of the person's teams; the one they signed up with unless told.",
  })
  tenantId?: string;

  @Text({
    min: 1,
    max: TENANT_SLUG_MAX,
    optional: true,
    description: 'The team by its slug instead of its id.',
  })
  tenantSlug?: string;
}

export class RefreshSession {
  @Text({ min: 1, max: 128, description: 'The newest refresh token of the session; each one works once.' })
  refreshToken!: string;
}

/** A person, as shown to themselves. */
export class UserAccount {
  @Uuid()
  id!: string;

  @Email()
  email!: string;

  @Text({ max: ACCOUNT_NAME_MAX, nullable: true })
  firstName!: string | null;

  @Text({ max: ACCOUNT_NAME_MAX, nullable: true })
  lastName!: string | null;

  @Text({ max: ACCOUNT_PHONE_MAX, nullable: true })
  phone!: string | null;

  @Text({ max: 2048, nullable: true, description: 'Below the address of this API where it begins with `/`.' })
  avatarUrl!: string | null;

  @Bool()
  emailVerified!: boolean;

  @Bool({ description: 'Whether a code sent to `phone` has come back.' })
  phoneVerified!: boolean;

  @Uuid({ nullable: true, description: 'The team that log-in enters unless told another.' })
  primaryTenantId!: string | null;

  @JsonObject({ description: 'Settings that clients keep for this person, e.g. language or time zone.' })
  metadata!: Record<string, unknown>;

  @Timestamp({ nullable: true, description: 'Null for who has no password.' })
  passwordChangedAt!: string | null;

  @Timestamp({
    nullable: true,
    description: 'When they last logged in; in the answer to a log-in, the time before.',
  })
  lastLoginAt!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

/** A session that has just begun or been renewed. */
export class SessionTokens {
  @Text({
    max: TOKEN_MAX,
    nullable: true,
    description: 'Send it as `Authorization: Bearer …`. Null in browser mode: a cookie has it.',
  })
  accessToken!: string;

  @Text({
    max: 128,
    nullable: true,
    description:
      'Exchange it once for new tokens, at the latest 14 days from now. Null in browser mode: a cookie has it.',
  })
  refreshToken!: string;

  @Int({ description: 'Seconds the access token works.' })
  expiresInSeconds!: number;

  @Nested(() => UserAccount)
  user!: UserAccount;

  @Nested(() => Tenant)
  tenant!: Tenant;

  @OneOf(ROLES)
  role!: string;
}

/** Who is signed in, where, and what they may do there. */
export class SignedInUser {
  @Nested(() => UserAccount)
  user!: UserAccount;

  @Email({ nullable: true, description: 'The address that this account changes to once it is confirmed.' })
  pendingEmail!: string | null;

  @Nested(() => Tenant)
  tenant!: Tenant;

  @OneOf(ROLES)
  role!: string;

  @TextList({ max: 60, items: 500 })
  capabilities!: string[];
}

export interface AccountsApi {
  signUp(ctx: Ctx, input: SignUp): Promise<SessionTokens>;
  logIn(ctx: Ctx, input: LogIn): Promise<SessionTokens>;
  refresh(ctx: Ctx, input: RefreshSession): Promise<SessionTokens>;
  logOut(ctx: Ctx, input: Nothing): Promise<void>;
  me(ctx: Ctx, input: Nothing): Promise<SignedInUser>;
}
export const accountsApi = defineApi<AccountsApi>('identity.accounts', {
  signUp: { input: SignUp, output: SessionTokens, can: 'public' },
  logIn: { input: LogIn, output: SessionTokens, can: 'public' },
  refresh: { input: RefreshSession, output: SessionTokens, can: 'public' },
  logOut: { input: Nothing, can: 'signed-in' },
  me: { input: Nothing, output: SignedInUser, can: 'signed-in', idempotent: true },
});
