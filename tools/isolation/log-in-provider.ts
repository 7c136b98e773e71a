import type { OpenIdAccount, OpenIdProvider } from '@leadwire/testing';
import { PROOF_ENV } from './proof-env.ts';

/** Where a provider sends browsers back to, told before the instance has an address; the proof goes to the instance instead. */
const PUBLIC_URL = 'https://leadwire.test';
/** What browsers bind their log-ins to; one serves any number of them. */
export const LOG_IN_HANDLE = 'h'.repeat(43);

/** A provider of log-ins that an instance of a proof knows. */
export class LogInProvider {
  /** Names it in paths and bodies. */
  static readonly key = 'company';
  private readonly provider: OpenIdProvider;
  private visits: Promise<unknown> = Promise.resolve();

  private constructor(provider: OpenIdProvider) {
    this.provider = provider;
  }

  /** Must come before the instance, which is told of it by {@link env}. */
  static async start(): Promise<LogInProvider> {
    // Compiled by the time that somebody asks for it.
    const { OpenIdProvider } = await import('@leadwire/testing');
    const { key } = LogInProvider;
    const pages = [`${PUBLIC_URL}/log-in/${key}`, `${PUBLIC_URL}/v1/oidc/${key}/callback`];
    return new LogInProvider(await OpenIdProvider.start(pages));
  }

  get issuer(): string {
    return this.provider.issuer;
  }

  /** What an instance of a proof is told. */
  async env(): Promise<Record<string, string>> {
    const { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = await import('@leadwire/testing');
    const { key } = LogInProvider;
    return {
      ...PROOF_ENV,
      APP_URL: PUBLIC_URL,
      API_URL: PUBLIC_URL,
      OUTBOUND_ALLOW_PRIVATE: 'true',
      // It lives in the process of the proof, which has much else to do.
      OIDC_TIMEOUT_MS: '5000',
      OIDC_PROVIDERS: JSON.stringify([{ key, issuer: this.issuer, clientId, clientSecret }]),
    };
  }

  /** Logs somebody in there, and answers what their browser brings back. One at a time: a browser has one person. */
  visit(authorizationUrl: string, person: OpenIdAccount): Promise<Record<string, string>> {
    const visit = this.visits.then(() => {
      this.provider.person = person;
      return this.provider.visit(authorizationUrl);
    });
    this.visits = visit.catch(() => undefined);
    return visit;
  }

  stop(): Promise<void> {
    return this.provider.stop();
  }
}
