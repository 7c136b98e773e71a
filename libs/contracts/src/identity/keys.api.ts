import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { ListOf, Text } from '../define/fields.js';
import { Nothing } from '../define/page.js';

/** The public half of a signing key, as a JSON Web Key (RFC 7517, RFC 8037). */
export class PublicSigningKey {
  @Text({ max: 8 })
  kty!: string;

  @Text({ max: 16 })
  crv!: string;

  @Text({ max: 64 })
  x!: string;

  @Text({ max: 64 })
  kid!: string;

  @Text({ max: 16 })
  alg!: string;

  @Text({ max: 8 })
  use!: string;
}

/** A JSON Web Key Set: all keys that an access token in use may have been signed with. */
export class PublicSigningKeys {
  @ListOf(() => PublicSigningKey, { items: 20 })
  keys!: PublicSigningKey[];
}

export interface SigningKeysApi {
  jwks(ctx: Ctx, input: Nothing): Promise<PublicSigningKeys>;
}
export const signingKeysApi = defineApi<SigningKeysApi>('identity.keys', {
  jwks: { input: Nothing, output: PublicSigningKeys, can: 'public', idempotent: true },
});
