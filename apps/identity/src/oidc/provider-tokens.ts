import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import type { IdentityConfig } from '../identity.config.js';
import type { ProviderTokens } from './provider-exchange.js';

/** Tokens are renewed this long before they expire, short-lived ones at half their time. */
const RENEW_AHEAD_MS = 600_000;
/** A provider that says nothing of when its token expires. */
const LIFETIME_UNTOLD_MS = 3_600_000;
/** However short a provider's tokens live, it is not asked more often. */
const RENEW_PAUSE_MIN_MS = 60_000;

/** A provider's tokens as a row of `user_identities` keeps them. */
export type SealedTokens = {
  accessToken: string | null;
  refreshToken: string | null;
  expiresAt: Date | null;
  renewAt: Date;
};

/** The tokens of a row, sealed. */
export type StoredTokens = Omit<SealedTokens, 'renewAt'>;

/** Seals providers' tokens into the row they belong to, and opens them for whoever renews them. */
@Injectable()
export class ProviderTokenSeals {
  private readonly box: SecretBox;

  constructor(
    @Inject(CONFIG) config: IdentityConfig,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  seal(identityId: string, { accessToken, refreshToken, expiresAt }: ProviderTokens): SealedTokens {
    const seal = (column: string, token: string | undefined) =>
      token === undefined ? null : this.box.seal(placeOf(column, identityId), token);
    return {
      accessToken: seal('access_token', accessToken),
      refreshToken: seal('refresh_token', refreshToken),
      expiresAt: expiresAt ?? null,
      renewAt: renewalOf(this.clock.now(), expiresAt),
    };
  }

  /** @throws Error when it was sealed for another row, or under another key */
  openRefreshToken(identityId: string, sealed: string): string {
    return this.box.open(placeOf('refresh_token', identityId), sealed);
  }

  /** The tokens of a row that still open something at the provider. @throws Error as {@link openRefreshToken} */
  openLiving(identityId: string, { accessToken, refreshToken, expiresAt }: StoredTokens): string[] {
    const hasExpired = expiresAt !== null && expiresAt <= this.clock.now();
    return [
      ...(refreshToken ? [this.openRefreshToken(identityId, refreshToken)] : []),
      ...(accessToken && !hasExpired
        ? [this.box.open(placeOf('access_token', identityId), accessToken)]
        : []),
    ];
  }
}

/** When to renew a token that expires then. */
function renewalOf(now: Date, expiresAt: Date | undefined): Date {
  const lifetimeMs = expiresAt ? expiresAt.getTime() - now.getTime() : LIFETIME_UNTOLD_MS;
  const waitMs = Math.max(lifetimeMs - RENEW_AHEAD_MS, lifetimeMs / 2, RENEW_PAUSE_MIN_MS);
  return new Date(now.getTime() + waitMs);
}

// A person's, and so no tenant's.
const placeOf = (column: string, rowId: string): SecretPlace => ({
  tenantId: 'platform',
  table: 'user_identities',
  column,
  rowId,
});
