import { CLIENT_ID, CLIENT_SECRET, OpenIdProvider } from '@leadwire/testing';
import { ApiClient } from '../../../../tools/demo/client.ts';
import { PROOF_ENV } from '../../../../tools/isolation/proof-env.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { endInstance, startInstance } from '../instance.ts';
import { TalkativeProvider } from './talkative-provider.ts';

/** Where providers are told that we are; the journeys go to the instance instead. */
export const PUBLIC_URL = 'https://leadwire.test';
const TALKATIVE_SECRET = `planted-provider-secret-${crypto.randomUUID()}`;

/** One Leadwire that says all it can, and the log-in providers that it knows. */
export type World = {
  platform: Platform;
  provider: OpenIdProvider;
  /** The client secret of a provider that repeats what it is told. */
  talkativeSecret: string;
  end: () => Promise<void>;
};

export async function startWorld(): Promise<World> {
  const talkative = await TalkativeProvider.start();
  const provider = await OpenIdProvider.start([
    `${PUBLIC_URL}/log-in/company`,
    `${PUBLIC_URL}/v1/oidc/company/callback`,
  ]);
  const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const platform = await startInstance({
    fast: true,
    env: {
      ...PROOF_ENV,
      LOG_LEVEL: 'trace',
      TRUST_PROXY: '127.0.0.1',
      APP_URL: PUBLIC_URL,
      API_URL: PUBLIC_URL,
      OUTBOUND_ALLOW_PRIVATE: 'true',
      CLOSED_TENANTS_KEPT_DAYS: '0',
      OIDC_PROVIDERS: JSON.stringify([
        { key: 'company', label: 'Company', issuer: provider.issuer, ...client },
        { key: 'down', issuer: 'http://127.0.0.1:1', ...client },
        { key: 'talkative', label: 'T', issuer: talkative.issuer, ...client, clientSecret: TALKATIVE_SECRET },
      ]),
    },
  });
  const end = async () => {
    await endInstance(platform);
    await Promise.all([provider.stop(), talkative.stop()]);
  };
  return { platform, provider, talkativeSecret: TALKATIVE_SECRET, end };
}

/** A new team and its owner, signed in. */
export async function signUpTeam(
  { urls }: Platform,
  name: string,
  email: string,
): Promise<{ owner: ApiClient; team: { id: string; slug: string } }> {
  const owner = new ApiClient(urls.api);
  await owner.signUp(name, email, 'a long password of an owner');
  const { tenant: team } = await owner.get<{ tenant: { id: string; slug: string } }>('/me');
  return { owner, team };
}
