import { apiKeyChecksApi, apiKeysApi, type CreateApiKey } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { digestOfApiKey, prefixOfApiKey } from '@leadwire/security';
import type { TestService } from '@leadwire/testing';
import { anonymous } from './identity-client.js';

/** What a key that no longer works is answered with. */
export const ended = { code: 'api_key.ended', kind: 'unauthenticated' };

/** Makes a key that may read leads, unless told. */
export const createKey = (service: TestService, ctx: Ctx, over: Partial<CreateApiKey> = {}) =>
  service.client(apiKeysApi).create(ctx, { name: 'CRM sync', scopes: ['leads.read'], ...over });

/** Asks about a key as the gateway does. */
export const verifyKey = (service: TestService, secret: string) =>
  service
    .client(apiKeyChecksApi)
    .verify(anonymous(), { prefix: prefixOfApiKey(secret) as string, digest: digestOfApiKey(secret) });
