import { Inject, Injectable } from '@nestjs/common';
import {
  ACCESS_TOKEN,
  signingKeysApi,
  type PublicSigningKeys,
  type SigningKeysApi,
} from '@leadwire/contracts';
import { anonymousCtx, Clock, requestErrors } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { importJWK, type CryptoKey } from 'jose';

const KEYS_FRESH_MS = 10 * 60_000;
/** A caller who invents key ids must not make us ask identity for each of them. */
const REFETCH_PAUSE_MS = 5_000;

/** The public keys that access tokens are signed with: asked of identity, kept, and asked again when an unknown one shows up. */
@Injectable()
export class SigningKeys {
  private keys = new Map<string, CryptoKey>();
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  private fetching: Promise<void> | undefined;

  constructor(
    @Client(signingKeysApi) private readonly identity: SigningKeysApi,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * The key called `kid`, or undefined when identity knows none of that name.
   * @throws AppError `request.unavailable` when identity cannot be asked and we have no keys at all
   */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const now = this.clock.now().getTime();
    const stale = now - this.fetchedAt > KEYS_FRESH_MS;
    if (this.keys.has(kid) && !stale) return this.keys.get(kid);
    if (this.fetching || now - this.triedAt > REFETCH_PAUSE_MS) {
      this.fetching ??= this.fetch(now).finally(() => (this.fetching = undefined));
      // Keys outlive identity: while it is away, tokens signed with a known key stay good.
      await this.fetching.catch((error: unknown) => {
        if (this.keys.size === 0) throw error;
      });
    } else if (this.keys.size === 0) {
      throw requestErrors.unavailable({
        internal: 'no signing keys yet',
        retryAfterSeconds: REFETCH_PAUSE_MS / 1000,
      });
    }
    return this.keys.get(kid);
  }

  private async fetch(now: number): Promise<void> {
    this.triedAt = now;
    try {
      const { keys } = await this.identity.jwks(anonymousCtx(), {});
      this.keys = await imported(keys);
      this.fetchedAt = now;
    } catch (error) {
      // An outage must not cost a pause on top; only invented key ids wait.
      if (this.keys.size === 0) this.triedAt = -Infinity;
      throw error;
    }
  }
}

async function imported(keys: PublicSigningKeys['keys']): Promise<Map<string, CryptoKey>> {
  const found = new Map<string, CryptoKey>();
  for (const { kid, kty, crv, x } of keys) {
    if (kty !== 'OKP' || crv !== 'Ed25519') continue;
    found.set(kid, (await importJWK({ kty, crv, x }, ACCESS_TOKEN.algorithm)) as CryptoKey);
  }
  return found;
}
