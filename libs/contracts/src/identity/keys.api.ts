import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
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

/** A signing key as operators see it. */
export class SigningKeyState {
  @Uuid({ description: 'The `kid` of the tokens that it signs.' })
  id!: string;

  @OneOf(['next', 'active', 'retiring', 'retired'])
  state!: string;

  @Timestamp()
  publishedAt!: string;

  @Timestamp({ nullable: true })
  activatedAt!: string | null;

  @Timestamp({ nullable: true })
  retiringAt!: string | null;
}

/** All keys, the newest first. */
export class SigningKeyList {
  @ListOf(() => SigningKeyState, { items: 100 })
  items!: SigningKeyState[];
}

export class RotateSigningKeys {
  @Bool({
    optional: true,
    description:
      'Do not wait until every verifier must know the next key: for a key that others may have. Verifiers then ask again.',
  })
  atOnce?: boolean;
}

/** `list` and `rotate` are for those who run the platform; no route leads there. */
export interface SigningKeysApi {
  jwks(ctx: Ctx, input: Nothing): Promise<PublicSigningKeys>;
  list(ctx: Ctx, input: Nothing): Promise<SigningKeyList>;
  rotate(ctx: Ctx, input: RotateSigningKeys): Promise<SigningKeyList>;
}
export const signingKeysApi = defineApi<SigningKeysApi>('identity.keys', {
  jwks: { input: Nothing, output: PublicSigningKeys, can: 'public', idempotent: true },
  list: { input: Nothing, output: SigningKeyList, can: 'system', idempotent: true },
  rotate: { input: RotateSigningKeys, output: SigningKeyList, can: 'system' },
});
