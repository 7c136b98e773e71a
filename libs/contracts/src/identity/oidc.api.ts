import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, ListOf, Nested, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { ACCOUNT_NAME_MAX, ACCOUNT_PASSWORD_MAX, SessionTokens } from './accounts.api.js';
import { TENANT_NAME_MAX, TENANT_SLUG_MAX } from './tenants.api.js';

export const OIDC_PROVIDERS_MAX = 20;
export const OIDC_PROVIDER_KEY = /^[a-z][a-z0-9-]{0,39}$/;
/** Ways to log in that one person may link. */
export const OIDC_IDENTITIES_MAX = 20;
const KEY_MAX = 40;
const LABEL_MAX = 60;
const ISSUER_MAX = 255;
/** RFC 6749 bounds neither; no provider we know comes near. */
const CODE_MAX = 4096;
/** 32 random bytes in base64url: ours are all of this form. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const SECRET_LENGTH = 43;

export const OIDC_CALLBACKS = ['page', 'redirect'] as const;

/** A provider that people may log in with. */
export class OidcProvider {
  @Text({ max: KEY_MAX, description: 'Names the provider in addresses.', example: 'google' })
  key!: string;

  @Text({ max: LABEL_MAX, description: 'For the button: “Log in with …”.', example: 'Google' })
  label!: string;
}

export class OidcProviders {
  @ListOf(() => OidcProvider, { items: OIDC_PROVIDERS_MAX })
  providers!: OidcProvider[];
}

/** Begins a log-in with a provider. */
export class StartOidcLogIn {
  @Text({ max: KEY_MAX, pattern: OIDC_PROVIDER_KEY, description: 'Key of the provider.' })
  provider!: string;

  @OneOf(OIDC_CALLBACKS, {
    optional: true,
    description:
      'Where the provider sends the browser: `page` of the web client, which posts what it got, or `redirect` at the API, for browser mode. page unless told.',
  })
  callback?: string;

  @Text({
    min: SECRET_LENGTH,
    max: SECRET_LENGTH,
    pattern: SECRET,
    optional: true,
    description: 'A handle from before, to have several log-ins under way with one.',
  })
  handle?: string;

  @Uuid({ optional: true, description: "Which of the person's teams; as in a log-in by password." })
  tenantId?: string;

  @Text({ min: 1, max: TENANT_SLUG_MAX, optional: true, description: 'The team by its slug.' })
  tenantSlug?: string;
}

export class OidcLogInStarted {
  @Text({ max: 4096, description: 'Send the browser there.' })
  authorizationUrl!: string;

  @Text({
    max: SECRET_LENGTH,
    nullable: true,
    description:
      'Show it with the callback; nobody else can complete this log-in. Null in browser mode: a cookie has it.',
  })
  handle!: string | null;

  @Timestamp({ description: 'Until when the callback must come.' })
  expiresAt!: string;
}

/** What the provider sent back with the browser. */
export class CompleteOidcLogIn {
  @Text({
    max: KEY_MAX,
    pattern: OIDC_PROVIDER_KEY,
    description: 'The provider whose callback address was called.',
  })
  provider!: string;

  @Text({ min: 1, max: 128 })
  state!: string;

  @Text({ min: 1, max: CODE_MAX, optional: true })
  code?: string;

  @Text({ min: 1, max: ISSUER_MAX, optional: true, description: 'RFC 9207; pass it on when it came.' })
  iss?: string;

  @Text({
    min: 1,
    max: 100,
    pattern: /^[\x20-\x7e]+$/,
    optional: true,
    description: 'What the provider said instead of a code.',
  })
  error?: string;

  @Text({
    min: SECRET_LENGTH,
    max: SECRET_LENGTH,
    pattern: SECRET,
    optional: true,
    description: 'The handle from the start; in browser mode the cookie brings it.',
  })
  handle?: string;
}

/** A provider's account that somebody may log in with. */
export class LinkedIdentity {
  @Uuid()
  id!: string;

  @Text({ max: KEY_MAX, description: 'Key of the provider.' })
  provider!: string;

  @Text({ max: LABEL_MAX })
  label!: string;

  @Text({ max: ISSUER_MAX })
  issuer!: string;

  @Email({ nullable: true, description: 'The address that the provider last told, to tell accounts apart.' })
  email!: string | null;

  @Timestamp()
  linkedAt!: string;

  @Timestamp({ description: 'When it last changed: its address, or its tokens, which are renewed.' })
  updatedAt!: string;

  @Timestamp({ nullable: true, description: 'When it last began a session.' })
  lastUsedAt!: string | null;
}

/** One of both: the session of a log-in, or what was linked to the account that had asked for it. */
export class OidcCompleted {
  @Nested(() => SessionTokens, { nullable: true })
  session!: SessionTokens | null;

  @Nested(() => LinkedIdentity, { nullable: true })
  identity!: LinkedIdentity | null;
}

/** Makes a team and its owner's account, for whoever a provider vouched for. */
export class OidcSignUp {
  @Text({
    min: SECRET_LENGTH,
    max: SECRET_LENGTH,
    pattern: SECRET,
    description: 'From `oidc.sign_up_required`.',
  })
  ticket!: string;

  @Text({ min: 1, max: TENANT_NAME_MAX, pattern: /\S/, description: 'Name of the team.' })
  tenantName!: string;

  @Text({
    min: 1,
    max: ACCOUNT_NAME_MAX,
    optional: true,
    description: 'What the provider says unless told.',
  })
  firstName?: string;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, optional: true })
  lastName?: string;
}

/** Links what a provider vouched for with the account whose password is shown, and logs in. */
export class OidcLink {
  @Text({
    min: SECRET_LENGTH,
    max: SECRET_LENGTH,
    pattern: SECRET,
    description: 'From `oidc.link_required` or `oidc.sign_up_required`.',
  })
  ticket!: string;

  @Email({ description: 'Of the account here; it need not be the same as at the provider.' })
  email!: string;

  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX })
  password!: string;

  @Uuid({ optional: true })
  tenantId?: string;

  @Text({ min: 1, max: TENANT_SLUG_MAX, optional: true })
  tenantSlug?: string;
}

export interface OidcApi {
  providers(ctx: Ctx, input: Nothing): Promise<OidcProviders>;
  start(ctx: Ctx, input: StartOidcLogIn): Promise<OidcLogInStarted>;
  complete(ctx: Ctx, input: CompleteOidcLogIn): Promise<OidcCompleted>;
  signUp(ctx: Ctx, input: OidcSignUp): Promise<SessionTokens>;
  link(ctx: Ctx, input: OidcLink): Promise<SessionTokens>;
}
export const oidcApi = defineApi<OidcApi>('identity.oidc', {
  providers: { input: Nothing, output: OidcProviders, can: 'public', idempotent: true },
  start: { input: StartOidcLogIn, output: OidcLogInStarted, can: 'public' },
  complete: { input: CompleteOidcLogIn, output: OidcCompleted, can: 'public' },
  signUp: { input: OidcSignUp, output: SessionTokens, can: 'public' },
  link: { input: OidcLink, output: SessionTokens, can: 'public' },
});
