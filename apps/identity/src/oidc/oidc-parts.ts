import { Identities } from './identities.js';
import { LogInStart } from './log-in-start.js';
import { OidcProviders } from './oidc-providers.js';
import { OidcStore } from './oidc-store.js';
import { ProviderExchange } from './provider-exchange.js';
import { ProviderSignUps } from './provider-sign-ups.js';
import { ProviderTokenSeals } from './provider-tokens.js';
import { TokenRenewals } from './token-renewals.js';

/** What log-in with OpenID providers is made of. */
export const oidcParts = [
  Identities,
  LogInStart,
  OidcProviders,
  OidcStore,
  ProviderExchange,
  ProviderSignUps,
  ProviderTokenSeals,
  TokenRenewals,
];
