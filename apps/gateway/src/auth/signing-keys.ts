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

/** Half of the time for which identity publishes a key before it signs with it: ours are never behind when one changes. */
const KEYS_FRESH_MS = 5 * 60_000;
/**
 * Fetches for ids that we do not know: a few in a row, for keys that change without notice, then one in a while. A caller who
 * invents ids must not make us ask identity for each of them.
 */
const FETCHES_AT_ONCE = 10;
const FETCH_EVERY_MS = 5_000;

/** The public keys that access tokens are signed with: asked of identity, kept, and asked again when an unknown one shows up. */
@Injectable()
export class SigningKeys {
  private keys = new Map<string, CryptoKey>();
  private fetchedAt = -Infinity;
  private fetching: Promise<void> | undefined;
  private allowance = FETCHES_AT_ONCE;
  private allowedAt = 0;

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
    const known = this.keys.get(kid);
    if (known) {
      // Keys outlive identity: while it is away, tokens signed with a known key stay good. Nobody waits for the news.
      if (now - this.fetchedAt > KEYS_FRESH_MS && this.mayFetch(now)) this.fetch(now).catch(() => undefined);
      return known;
    }
    if (this.fetching || this.mayFetch(now)) {
      await this.fetch(now).catch((error: unknown) => {
        if (this.keys.size === 0) throw error;
      });
    } else if (this.keys.size === 0) {
      throw requestErrors.unavailable({
        internal: 'no signing keys yet',
        retryAfterSeconds: FETCH_EVERY_MS / 1000,
      });
    }
    return this.keys.get(kid);
  }

  private mayFetch(now: number): boolean {
    // An outage must not cost a pause on top; only invented key ids wait.
    if (this.keys.size === 0) return true;
    const earned = Math.max(0, now - this.allowedAt) / FETCH_EVERY_MS;
    this.allowance = Math.min(FETCHES_AT_ONCE, this.allowance + earned);
    this.allowedAt = now;
    if (this.allowance < 1) return false;
    this.allowance--;
    return true;
  }

  private fetch(now: number): Promise<void> {
    return (this.fetching ??= (async () => {
      const { keys } = await this.identity.jwks(anonymousCtx(), {});
      this.keys = await imported(keys);
      this.fetchedAt = now;
    })().finally(() => (this.fetching = undefined)));
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
