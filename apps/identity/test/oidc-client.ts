import { oidcApi, type CompleteOidcLogIn, type OidcLogInStarted } from '@leadwire/contracts';
import type { AppError } from '@leadwire/kernel';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OpenIdAccount,
  type OpenIdProvider,
  type TestService,
} from '@leadwire/testing';
import { anonymous, startIdentity } from './identity-client.js';

export const APP_URL = 'http://localhost:3999';
export const pageOf = (key: string): string => `${APP_URL}/log-in/${key}`;

/** Identity with these providers set up. */
export function startWith(
  providers: Record<string, { issuer: string }>,
  env: Record<string, string> = {},
): Promise<TestService> {
  return startIdentity({ ...envOf(providers), ...env });
}

/** What identity is told of these providers. */
export function envOf(providers: Record<string, { issuer: string }>): Record<string, string> {
  const list = Object.entries(providers).map(([key, { issuer }]) => ({
    key,
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    scopes: 'openid email profile offline_access',
  }));
  return {
    OIDC_PROVIDERS: JSON.stringify(list),
    OIDC_TIMEOUT_MS: '2000',
    OUTBOUND_ALLOW_PRIVATE: 'true',
    APP_URL,
    API_URL: APP_URL,
  };
}

export const start = (service: TestService, provider: string): Promise<OidcLogInStarted> =>
  service.client(oidcApi).start(anonymous(), { provider });

export const complete = (service: TestService, callback: CompleteOidcLogIn) =>
  service.client(oidcApi).complete(anonymous(), callback);

/** What a client posts after its browser came back. */
export async function callbackOf(
  provider: string,
  real: OpenIdProvider,
  { authorizationUrl, handle }: OidcLogInStarted,
  person?: OpenIdAccount,
): Promise<CompleteOidcLogIn> {
  if (person) real.person = person;
  const { state = '', code, iss, error } = await real.visit(authorizationUrl);
  return {
    provider,
    state,
    ...(code ? { code } : {}),
    ...(iss ? { iss } : {}),
    ...(error ? { error } : {}),
    handle: handle as string,
  };
}

/** The whole way: start, log in at the provider, come back. */
export async function logInWith(
  service: TestService,
  provider: string,
  real: OpenIdProvider,
  person: OpenIdAccount,
) {
  return complete(service, await callbackOf(provider, real, await start(service, provider), person));
}

/** The failure of what must fail. */
export function failureOf(work: Promise<unknown>): Promise<AppError> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: AppError) => error,
  );
}

/** Signs somebody up whom the provider vouches for; answers their session. */
export async function signUpWith(
  service: TestService,
  provider: string,
  real: OpenIdProvider,
  person: OpenIdAccount,
) {
  const { details } = await failureOf(logInWith(service, provider, real, person));
  const ticket = String(details.extras?.['ticket']);
  return service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Acme' });
}
