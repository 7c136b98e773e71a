import { Inject, Injectable } from '@nestjs/common';
import type { OidcLogInStarted } from '@leadwire/contracts';
import { CONFIG } from '@leadwire/platform';
import { randomPKCECodeVerifier } from 'openid-client';
import type { IdentityConfig } from '../identity.config.js';
import { OidcProviders } from './oidc-providers.js';
import { newSecret, OidcStore, type PendingLogIn } from './oidc-store.js';
import { ProviderExchange } from './provider-exchange.js';

type StartWith = { provider: string; callback?: string; handle?: string };

/** Sends a browser on its way to a provider, for a log-in or for a link. */
@Injectable()
export class LogInStart {
  constructor(
    @Inject(OidcProviders) private readonly providers: OidcProviders,
    @Inject(ProviderExchange) private readonly exchange: ProviderExchange,
    @Inject(OidcStore) private readonly store: OidcStore,
    @Inject(CONFIG) private readonly config: IdentityConfig,
  ) {}

  /** @throws AppError `oidc.provider_not_found` | `oidc.provider_unavailable` */
  async begin(
    { provider: key, callback, handle = newSecret() }: StartWith,
    purpose: Pick<PendingLogIn, 'team' | 'linkFor'>,
  ): Promise<OidcLogInStarted> {
    const provider = this.providers.get(key);
    const checks = {
      redirectUri: this.redirectUri(key, callback),
      nonce: newSecret(),
      verifier: randomPKCECodeVerifier(),
    };
    const state = newSecret();
    // First the provider, then the row: what cannot begin leaves nothing behind.
    const authorizationUrl = await this.exchange.authorizationUrl(provider, { ...checks, state });
    const expiresAt = await this.store.keepLogIn(key, { state, handle }, { ...checks, ...purpose });
    return { authorizationUrl, handle, expiresAt: expiresAt.toISOString() };
  }

  /** One address for each provider: a response that arrives at another's is a mix-up (RFC 9700 §4.4.2.2). */
  private redirectUri(key: string, callback: string | undefined): string {
    const { API_URL, APP_URL } = this.config;
    return callback === 'redirect'
      ? `${withoutSlash(API_URL)}/v1/oidc/${key}/callback`
      : `${withoutSlash(APP_URL)}/log-in/${key}`;
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
