import { outboundFetch, type OutboundFetch } from '@leadwire/security';
import { CLIENT_ID, CLIENT_SECRET, type TestService } from '@leadwire/testing';
import { OidcProviders } from '../src/oidc/oidc-providers.js';
import { EvilProvider } from './evil-provider.js';
import { signUp, startIdentity } from './identity-client.js';
import { complete, failureOf, start } from './oidc-client.js';

const MICROSOFT = 'https://login.microsoftonline.com';
const OURS = '11111111-2222-4333-8444-555555555555';
const THEIRS = '99999999-2222-4333-8444-555555555555';
const issuerOf = (directory: string) => `${MICROSOFT}/${directory}/v2.0`;

/** Microsoft's common endpoint: one discovery document whose issuer is a pattern, ID tokens of as many issuers as directories. */
describe('logging in with Microsoft', () => {
  let microsoft: EvilProvider;
  let service: TestService;

  beforeAll(async () => {
    microsoft = await EvilProvider.start();
    const providers = [{ key: 'microsoft', clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }];
    service = await startIdentity({ OIDC_PROVIDERS: JSON.stringify(providers) });
    const reach = outboundFetch({ timeoutMs: 1_000, bytesMax: 100_000, allowPrivate: true });
    // Its addresses are real; only where they lead is not.
    const lead: OutboundFetch = (url, request) => {
      const { pathname } = new URL(url);
      const known = pathname.replace('/common/v2.0', '').replace('/common/', '/');
      return reach(`${microsoft.issuer}${known}`, request);
    };
    service.running.app.get(OidcProviders).fetch = lead;
  });
  afterAll(async () => {
    await service?.stop();
    await microsoft?.stop();
  });
  beforeEach(() => {
    microsoft.repent();
    microsoft.discovery = () => ({
      issuer: `${MICROSOFT}/{tenantid}/v2.0`,
      authorization_endpoint: `${MICROSOFT}/common/authorize`,
      token_endpoint: `${MICROSOFT}/common/token`,
      jwks_uri: `${MICROSOFT}/common/jwks`,
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    });
  });

  const logIn = async (claims: Record<string, unknown>) => {
    microsoft.claims = (standard) => ({ ...standard, email_verified: undefined, ...claims });
    const { authorizationUrl, handle } = await start(service, 'microsoft');
    expect(authorizationUrl).toContain(`${MICROSOFT}/common/authorize`);
    const { state, code } = microsoft.visit(authorizationUrl);
    return complete(service, { provider: 'microsoft', state, code, handle: handle as string });
  };

  it('takes the issuer of the directory that the person is in', async () => {
    expect(await failureOf(logIn({ iss: issuerOf(OURS), tid: OURS, oid: 'object' }))).toMatchObject({
      code: 'oidc.sign_up_required',
    });
  });

  it.each([
    ['one directory in the name of another', { iss: issuerOf(OURS), tid: THEIRS }],
    ['no directory', { iss: issuerOf(OURS) }],
    ['somebody who is not Microsoft', { iss: 'https://evil.test', tid: OURS }],
  ])('refuses %s', async (_, claims) => {
    expect(await failureOf(logIn(claims))).toMatchObject({ code: 'oidc.rejected' });
  });

  it('does not believe an address that the administrator of any directory can write, except as owner of its domain', async () => {
    const { user } = await signUp(service);
    const claims = { iss: issuerOf(THEIRS), tid: THEIRS, email: user.email };
    for (const more of [{}, { email_verified: true }, { xms_edov: false }])
      expect(await failureOf(logIn({ ...claims, ...more }))).toMatchObject({ code: 'oidc.sign_up_required' });
    expect(await failureOf(logIn({ ...claims, xms_edov: true }))).toMatchObject({
      code: 'oidc.link_required',
    });
  });
});
