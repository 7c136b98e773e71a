import { Inject, Injectable } from '@nestjs/common';
import { oidcErrors } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  refreshTokenGrant,
  tokenRevocation,
  type Configuration,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { OidcProviders } from './oidc-providers.js';
import { providerFailure } from './provider-failure.js';
import { personOf, type Claims, type ProviderPerson } from './provider-person.js';
import type { ProviderSettings } from './provider-settings.js';

/** Longer tokens are not kept: no provider we know issues them, and rows stay small. */
const TOKEN_MAX = 16_384;

/** What a log-in is checked against when its browser comes back. */
export type LogInChecks = { redirectUri: string; state: string; nonce: string; verifier: string };
/** What the browser brought. */
export type Callback = { state: string; code?: string; iss?: string; error?: string };
/** A provider's tokens; absent where it gave none. */
export type ProviderTokens = { accessToken?: string; refreshToken?: string; expiresAt?: Date };
export type Vouched = { person: ProviderPerson; tokens: ProviderTokens };

type TokenAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** Speaks OpenID Connect with a provider: authorization code with PKCE S256, state and nonce, always all three. */
@Injectable()
export class ProviderExchange {
  constructor(
    @Inject(OidcProviders) private readonly providers: OidcProviders,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Where the browser is sent. @throws AppError `oidc.provider_unavailable` */
  async authorizationUrl(provider: ProviderSettings, checks: LogInChecks): Promise<string> {
    const configuration = await this.providers.configurationOf(provider);
    return buildAuthorizationUrl(configuration, {
      ...provider.parameters,
      response_type: 'code',
      scope: provider.scopes,
      redirect_uri: checks.redirectUri,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
      ...(asksConsent(provider) ? { prompt: 'consent' } : {}),
    }).href;
  }

  /**
   * Exchanges the code and verifies everything: issuer of the response (RFC 9207), state, signature by the provider's published
   * keys, issuer, audience, authorized party, times and nonce of the ID token.
   * @throws AppError `oidc.rejected` | `oidc.denied` | `oidc.provider_unavailable`
   */
  async redeem(provider: ProviderSettings, checks: LogInChecks, callback: Callback): Promise<Vouched> {
    const configuration = await this.providers.configurationOf(provider);
    const url = new URL(checks.redirectUri);
    for (const [name, value] of Object.entries(callback)) if (value) url.searchParams.set(name, value);
    try {
      const answer = await authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: checks.verifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      });
      const claims = await this.claimsOf(configuration, provider, answer);
      const person = personOf(claims);
      if (!person) throw oidcErrors.rejected({ internal: 'the subject is not one' });
      return { person, tokens: this.tokensOf(answer) };
    } catch (error) {
      throw providerFailure(error);
    }
  }

  /**
   * New tokens for old ones. @throws what openid-client throws, for the caller to tell a refusal from an outage;
   * AppError `oidc.rejected` when the answer is about somebody else, `oidc.provider_unavailable`
   */
  async renew(provider: ProviderSettings, refreshToken: string, subject: string): Promise<ProviderTokens> {
    const configuration = await this.providers.configurationOf(provider);
    const answer = await refreshTokenGrant(configuration, refreshToken);
    // OpenID Connect Core 1.0 §12.2: an ID token that comes with it is about the same person.
    const claims = answer.claims();
    if (claims && claims.sub !== subject)
      throw oidcErrors.rejected({ internal: 'renewed tokens of another subject' });
    return this.tokensOf(answer);
  }

  /**
   * Makes a token worthless at the provider (RFC 7009); one that has no such door lets it expire.
   * @throws AppError `oidc.provider_unavailable`, or what openid-client throws
   */
  async revoke(provider: ProviderSettings, token: string): Promise<void> {
    const configuration = await this.providers.configurationOf(provider);
    if (configuration.serverMetadata().revocation_endpoint) await tokenRevocation(configuration, token);
  }

  private async claimsOf(
    configuration: Configuration,
    { clientId }: ProviderSettings,
    answer: TokenAnswer,
  ): Promise<Claims> {
    const claims = answer.claims();
    if (!claims) throw oidcErrors.rejected({ internal: 'no ID token' });
    // The library asks for the authorized party only where there are several audiences; it is ours or nobody's.
    if (claims.azp !== undefined && claims.azp !== clientId)
      throw oidcErrors.rejected({ internal: 'the ID token was made for another client' });
    const asked = claims['email'] !== undefined || !configuration.serverMetadata().userinfo_endpoint;
    if (asked) return claims;
    // Many providers put into the ID token only what identifies, and the rest behind userinfo; `sub` is compared there.
    const more = await fetchUserInfo(configuration, answer.access_token, claims.sub);
    return { ...more, ...claims };
  }

  private tokensOf(answer: TokenAnswer): ProviderTokens {
    const { access_token, refresh_token, expires_in } = answer;
    return {
      ...(access_token.length <= TOKEN_MAX ? { accessToken: access_token } : {}),
      ...(refresh_token && refresh_token.length <= TOKEN_MAX ? { refreshToken: refresh_token } : {}),
      ...(expires_in ? { expiresAt: new Date(this.clock.now().getTime() + expires_in * 1000) } : {}),
    };
  }
}

/** OpenID Connect Core 1.0 §11: a refresh token for later needs the person's consent. Entra ID asks for it by itself. */
function asksConsent({ scopes, key }: ProviderSettings): boolean {
  return key !== 'microsoft' && scopes.split(' ').includes('offline_access');
}
