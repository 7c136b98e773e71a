import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration, Provider } from 'oidc-provider';

/** A person at the provider. */
export type OpenIdAccount = {
  sub: string;
  email?: string;
  email_verified?: boolean;
  given_name?: string;
  family_name?: string;
};

/** How this platform is registered with it. */
export const CLIENT_ID = 'leadwire';
export const CLIENT_SECRET = 'a client secret that must never be logged';

/**
 * A certified OpenID provider on loopback, whose people log in by a script instead of a page. The address is taken before the
 * provider is made, because its issuer names it.
 */
export class OpenIdProvider {
  /** Who sits at the browser. */
  person: OpenIdAccount = { sub: 'nobody' };
  /** What the person does when asked to log in. */
  refuses = false;
  /** Requests that arrived, by path. */
  readonly asked: string[] = [];
  private readonly people = new Map<string, OpenIdAccount>();
  private handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(
    redirectUris: string[],
    over: Partial<Configuration> = {},
    client: Record<string, unknown> = {},
  ): Promise<OpenIdProvider> {
    const server = createServer((request, response) => {
      real.asked.push((request.url ?? '').split('?')[0] as string);
      void real.handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const real: OpenIdProvider = new OpenIdProvider(server, `http://127.0.0.1:${port}`);
    // Loaded only where it is used: it is large.
    const { Provider } = await import('oidc-provider');
    const configuration = { ...real.configuration(redirectUris, client), ...over };
    const provider = quietly(() => new Provider(real.issuer, configuration));
    const callback = provider.callback();
    real.handle = async (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return callback(request, response);
      return real.answerLogIn(provider, request, response);
    };
    return real;
  }

  /**
   * Goes where the authorization URL sends a browser, as the current person, until the provider sends it back to us.
   * @returns the parameters it brings
   */
  async visit(authorizationUrl: string): Promise<Record<string, string>> {
    this.people.set(this.person.sub, this.person);
    const cookies = new Map<string, string>();
    let url = authorizationUrl;
    for (let hop = 0; hop < 10; hop++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (!location) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url).href;
      if (!url.startsWith(this.issuer)) return Object.fromEntries(new URL(url).searchParams);
    }
    throw new Error('the provider sends in circles');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private configuration(redirectUris: string[], client: Record<string, unknown>): Configuration {
    return {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: redirectUris,
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          ...client,
        },
      ],
      cookies: { keys: ['cookies of a test'] },
      claims: { email: ['email', 'email_verified'], profile: ['given_name', 'family_name'] },
      features: {
        devInteractions: { enabled: false },
        revocation: { enabled: true, allowedPolicy: () => true },
      },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: async () => ({ ...this.people.get(sub), sub }),
      }),
      ttl: {
        AccessToken: 3_600,
        AuthorizationCode: 60,
        Grant: 86_400,
        IdToken: 3_600,
        Interaction: 600,
        RefreshToken: 86_400,
        Session: 86_400,
      },
    };
  }

  private async answerLogIn(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { prompt, params, grantId } = await provider.interactionDetails(request, response);
    if (this.refuses)
      return provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: 'no',
      });
    const accountId = this.person.sub;
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId } });
    const clientId = String(params['client_id']);
    const known = grantId ? await provider.Grant.find(grantId) : undefined;
    const grant = known ?? new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(String(params['scope']));
    const result = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }
}

// It warns that its memory and its keys are those of a test.
function quietly<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}
