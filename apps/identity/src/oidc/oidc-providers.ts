import { Inject, Injectable } from '@nestjs/common';
import { oidcErrors } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import { outboundFetch, type OutboundFetch } from '@leadwire/security';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import type { IdentityConfig } from '../identity.config.js';
import type { ProviderSettings } from './provider-settings.js';
import { shortOf } from './provider-failure.js';

const ANSWER_BYTES_MAX = 256 * 1024;
/** How far a provider's clock may be from ours. */
const CLOCK_SKEW_SECONDS = 60;
/** A provider's addresses and abilities are asked for anew after this. */
const FRESH_MS = 3_600_000;
/** While a provider does not tell them anew, the old ones serve this long. */
const KEPT_MS = 86_400_000;
/** A provider that is down is left alone for this long. */
const PAUSE_MS = 5_000;

type Discovered = { configuration: Configuration; at: number };

/** The providers that the operator has set up, and what each tells about itself by OpenID Connect Discovery. */
@Injectable()
export class OidcProviders {
  /** How providers are reached. */
  fetch: OutboundFetch;
  private readonly settings: ReadonlyMap<string, ProviderSettings>;
  private readonly discovered = new Map<string, Discovered>();
  private readonly asking = new Map<string, Promise<Configuration>>();
  private readonly failedAt = new Map<string, number>();

  /** @throws Error that names a provider with an issuer that may not be reached */
  constructor(
    @Inject(CONFIG) private readonly config: IdentityConfig,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { OIDC_PROVIDERS, OIDC_TIMEOUT_MS, OUTBOUND_ALLOW_PRIVATE } = config;
    const plain = OIDC_PROVIDERS.find(({ issuer }) => !issuer.startsWith('https:'));
    if (plain && !OUTBOUND_ALLOW_PRIVATE)
      throw new Error(`OIDC_PROVIDERS: the issuer of ${plain.key} must be an https address.`);
    this.settings = new Map(OIDC_PROVIDERS.map((provider) => [provider.key, provider]));
    this.fetch = outboundFetch({
      timeoutMs: OIDC_TIMEOUT_MS,
      bytesMax: ANSWER_BYTES_MAX,
      allowPrivate: OUTBOUND_ALLOW_PRIVATE,
    });
  }

  list(): ProviderSettings[] {
    return [...this.settings.values()];
  }

  find(key: string): ProviderSettings | undefined {
    return this.settings.get(key);
  }

  /** @throws AppError `oidc.provider_not_found` */
  get(key: string): ProviderSettings {
    const provider = this.settings.get(key);
    if (!provider) throw oidcErrors.provider_not_found();
    return provider;
  }

  /**
   * What the provider tells about itself: asked once for all who wait, kept for an hour, and for a day while the provider does not
   * answer.
   * @throws AppError `oidc.provider_unavailable`
   */
  async configurationOf({ key }: ProviderSettings): Promise<Configuration> {
    const now = this.clock.now().getTime();
    const known = this.discovered.get(key);
    if (known && now - known.at < FRESH_MS) return known.configuration;
    const usable = known && now - known.at < KEPT_MS ? known.configuration : undefined;
    if (now - (this.failedAt.get(key) ?? -Infinity) < PAUSE_MS) {
      if (usable) return usable;
      throw unavailable('it did not answer a moment ago');
    }
    let asking = this.asking.get(key);
    if (!asking) {
      asking = this.discover(this.get(key), now).finally(() => this.asking.delete(key));
      this.asking.set(key, asking);
    }
    return asking.catch((error: unknown) => {
      if (usable) return usable;
      throw error;
    });
  }

  private async discover(provider: ProviderSettings, now: number): Promise<Configuration> {
    const { key, issuer, clientId, clientSecret } = provider;
    try {
      const configuration = await discovery(
        new URL(issuer),
        clientId,
        { [clockTolerance]: CLOCK_SKEW_SECONDS },
        clientSecret ? secretAuthentication(clientSecret.reveal()) : None(),
        {
          [customFetch]: (url, { method, headers, body, signal }) =>
            this.fetch(url, {
              method,
              headers,
              body: body as string | URLSearchParams | null,
              ...(signal ? { signal } : {}),
            }),
          execute: [
            // An answer of the token endpoint is believed for its signature too, not for its TLS alone.
            enableNonRepudiationChecks,
            ...(this.config.OUTBOUND_ALLOW_PRIVATE ? [allowInsecureRequests] : []),
          ],
        },
      );
      this.discovered.set(key, { configuration, at: now });
      this.failedAt.delete(key);
      return configuration;
    } catch (error) {
      this.failedAt.set(key, now);
      const reason = shortOf(error);
      this.logger.warn({ provider: key, reason }, 'a provider could not be asked about itself');
      throw unavailable(reason);
    }
  }
}

function unavailable(internal: string): Error {
  return oidcErrors.provider_unavailable({ internal, retryAfterSeconds: PAUSE_MS / 1000 });
}

/** OpenID Connect Discovery 1.0 §3: a provider that does not say how clients authenticate takes HTTP Basic. */
function secretAuthentication(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const supported = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const method = supported.includes('client_secret_basic') ? basic : post;
    return method(server, client, body, headers);
  };
}
