import { Inject } from '@nestjs/common';
import { signingKeysApi, type PublicSigningKeys, type SigningKeysApi } from '@leadwire/contracts';
import { Serves } from '@leadwire/messaging';
import { SigningKeys } from './signing-keys.js';

/** Gives verifiers of access tokens what they verify with. */
@Serves(signingKeysApi)
export class KeysService implements SigningKeysApi {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  async jwks(): Promise<PublicSigningKeys> {
    return { keys: await this.keys.publicKeys() };
  }
}
