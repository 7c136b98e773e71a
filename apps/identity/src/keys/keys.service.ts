import { Inject } from '@nestjs/common';
import {
  signingKeyErrors,
  signingKeysApi,
  type PublicSigningKeys,
  type RotateSigningKeys,
  type SigningKeyList,
  type SigningKeysApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { KeyRing } from './key-ring.js';
import { SigningKeys } from './signing-keys.js';

/** Gives verifiers of access tokens what they verify with, and operators the say over when it changes. */
@Serves(signingKeysApi)
export class KeysService implements SigningKeysApi {
  constructor(
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
  ) {}

  async jwks(): Promise<PublicSigningKeys> {
    return { keys: await this.ring.published() };
  }

  async list(): Promise<SigningKeyList> {
    const items = (await this.ring.list()).map(({ id, state, publishedAt, activatedAt, retiringAt }) => ({
      id,
      state,
      publishedAt: publishedAt.toISOString(),
      activatedAt: activatedAt?.toISOString() ?? null,
      retiringAt: retiringAt?.toISOString() ?? null,
    }));
    return { items };
  }

  /** @throws AppError `signing_key.not_ready` when verifiers may not know the next key yet, unless `atOnce` */
  async rotate(_: Ctx, { atOnce }: RotateSigningKeys): Promise<SigningKeyList> {
    const steps = await this.keys.advance(atOnce ? 'rotate-at-once' : 'rotate');
    if (!steps.some((step) => step.do === 'activate')) throw signingKeyErrors.not_ready();
    return this.list();
  }
}
