import type { Ctx } from '@leadwire/kernel';
import { API_KEY_SCOPES, ROLES } from '../capabilities.js';
import { defineApi } from '../define/api.js';
import { EachOf, Int, Nested, Networks, OneOf, Text, TextList, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

export const API_KEY_NAME_MAX = 100;
export const API_KEY_NETWORKS_MAX = 20;
export const API_KEY_RATE_PER_SECOND_MAX = 1000;
export const API_KEY_OVERLAP_SECONDS_MAX = 7 * 86_400;
export const API_KEY_STATES = ['active', 'retiring', 'replaced', 'expired', 'revoked'] as const;
export type ApiKeyState = (typeof API_KEY_STATES)[number];
const SECRET_LENGTH = 66;
const SCOPE_MAX = 60;

const NETWORKS = {
  items: API_KEY_NETWORKS_MAX,
  optional: true,
  description: 'Networks that requests may come from; empty: any.',
  example: ['203.0.113.0/24', '2001:db8::/48'],
} as const;

/** Asks for a key that acts for the caller, with part of their rights. */
export class CreateApiKey {
  @Text({ min: 1, max: API_KEY_NAME_MAX, pattern: /\S/, example: 'CRM sync' })
  name!: string;

  @EachOf(API_KEY_SCOPES, {
    min: 1,
    description: 'What the key may do: at each use, no more than its owner may at that moment.',
    example: ['leads.read'],
  })
  scopes!: string[];

  @Timestamp({ optional: true, description: 'At most a year from now; 90 days unless told.' })
  expiresAt?: string;

  @Networks(NETWORKS)
  ipAllow?: string[];

  @Int({
    min: 1,
    max: API_KEY_RATE_PER_SECOND_MAX,
    optional: true,
    nullable: true,
    description: "Requests per second that the key may sustain, within its owner's and the team's share.",
  })
  ratePerSecond?: number | null;
}

export class ListApiKeys extends PageRequest {
  @Uuid({ optional: true, description: 'Only the keys of this member.' })
  userId?: string;
}

export class ApiKeyRef {
  @Uuid()
  apiKeyId!: string;
}

/** Absent fields stay as they are. */
export class UpdateApiKey extends ApiKeyRef {
  @Text({ min: 1, max: API_KEY_NAME_MAX, pattern: /\S/, optional: true })
  name?: string;

  @EachOf(API_KEY_SCOPES, { min: 1, optional: true })
  scopes?: string[];

  @Networks(NETWORKS)
  ipAllow?: string[];

  @Int({ min: 1, max: API_KEY_RATE_PER_SECOND_MAX, optional: true, nullable: true })
  ratePerSecond?: number | null;
}

/** Asks for a successor with the same name, scopes, limits and lifetime. */
export class RotateApiKey extends ApiKeyRef {
  @Int({
    min: 0,
    max: API_KEY_OVERLAP_SECONDS_MAX,
    optional: true,
    description: 'How long the old key goes on working beside the new one; a day unless told.',
  })
  overlapSeconds?: number;
}

/** A key without its secret, which nobody can read again. */
export class ApiKey {
  @Uuid()
  id!: string;

  @Uuid({ description: 'Its owner: the key acts for them.' })
  userId!: string;

  @Text({ max: API_KEY_NAME_MAX })
  name!: string;

  @Text({ max: 8, description: 'The eight characters after `lw_live_`, to tell keys apart.' })
  prefix!: string;

  @TextList({ max: SCOPE_MAX, items: API_KEY_SCOPES.length })
  scopes!: string[];

  @TextList({ max: 49, items: API_KEY_NETWORKS_MAX })
  ipAllow!: string[];

  @Int({ nullable: true })
  ratePerSecond!: number | null;

  @OneOf(API_KEY_STATES, {
    description: 'retiring: replaced, but still working until `worksUntil`.',
  })
  state!: string;

  @Timestamp({ description: 'When it ends, or ended, to work.' })
  worksUntil!: string;

  @Timestamp({ nullable: true, description: 'To the minute.' })
  lastUsedAt!: string | null;

  @Uuid({ nullable: true, description: 'The key that it replaced.' })
  rotatedFrom!: string | null;

  @Timestamp()
  createdAt!: string;
}

/** A new key and, this once, its secret. */
export class IssuedApiKey {
  @Nested(() => ApiKey)
  apiKey!: ApiKey;

  @Text({ max: SECRET_LENGTH, description: 'Send it as `Authorization: Bearer …`. It is shown only here.' })
  secret!: string;
}

export interface ApiKeysApi {
  create(ctx: Ctx, input: CreateApiKey): Promise<IssuedApiKey>;
  list(ctx: Ctx, input: ListApiKeys): Promise<Page<ApiKey>>;
  get(ctx: Ctx, input: ApiKeyRef): Promise<ApiKey>;
  update(ctx: Ctx, input: UpdateApiKey): Promise<ApiKey>;
  rotate(ctx: Ctx, input: RotateApiKey): Promise<IssuedApiKey>;
  revoke(ctx: Ctx, input: ApiKeyRef): Promise<void>;
}
/** Members look after their own keys; who holds `api-keys.manage` sees and revokes everybody's. */
export const apiKeysApi = defineApi<ApiKeysApi>('identity.api-keys', {
  create: { input: CreateApiKey, output: IssuedApiKey, can: 'signed-in' },
  list: { input: ListApiKeys, output: pageOf(ApiKey), can: 'signed-in', idempotent: true },
  get: { input: ApiKeyRef, output: ApiKey, can: 'signed-in', idempotent: true },
  update: { input: UpdateApiKey, output: ApiKey, can: 'signed-in' },
  rotate: { input: RotateApiKey, output: IssuedApiKey, can: 'signed-in' },
  revoke: { input: ApiKeyRef, can: 'signed-in' },
});

export class VerifyApiKey {
  @Text({ min: 8, max: 8 })
  prefix!: string;

  @Text({
    min: 43,
    max: 43,
    description: 'SHA-256 of the key, base64url: the key itself stays at the gateway.',
  })
  digest!: string;
}

/** For whom a key acts right now, and within which bounds. */
export class ApiKeyStanding {
  @Uuid()
  apiKeyId!: string;

  @Uuid()
  tenantId!: string;

  @Uuid()
  userId!: string;

  @OneOf(ROLES)
  role!: (typeof ROLES)[number];

  @TextList({ max: SCOPE_MAX, items: API_KEY_SCOPES.length })
  scopes!: string[];

  @TextList({ max: 49, items: API_KEY_NETWORKS_MAX })
  ipAllow!: string[];

  @Int({ nullable: true })
  ratePerSecond!: number | null;

  @Timestamp()
  worksUntil!: string;
}

/** What the gateway asks for keys that it does not know; no route leads here. */
export interface ApiKeyChecksApi {
  verify(ctx: Ctx, input: VerifyApiKey): Promise<ApiKeyStanding>;
}
export const apiKeyChecksApi = defineApi<ApiKeyChecksApi>('identity.api-key-checks', {
  verify: { input: VerifyApiKey, output: ApiKeyStanding, can: 'public', idempotent: true },
});
