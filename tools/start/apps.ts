import { join } from 'node:path';
import { cacheDir, ROOT } from '../infra/paths.ts';
import { OPERATOR } from '../operator/rpc.ts';
import { roleUrl, type Secrets } from './secrets.ts';

/** What an app's environment is made from. */
export type InstanceFacts = {
  dataDir: string;
  natsUrl: string;
  adminUrl: string;
  secrets: Secrets;
  /** Ports that are not an app's `HTTP_PORT`, by name. */
  ports: Record<string, number>;
  /** The `HTTP_PORT` of each app's first process. */
  httpPorts: Record<string, number>;
};

export type AppSpec = {
  name: string;
  /** The compiled entry; its first line of the log is JSON, its health is at `/health/ready`. */
  entry: string;
  /** Whether it owns a Postgres schema (and so migrations, roles and an outbox). */
  ownsSchema?: boolean;
  /** Whether a second process may run beside the first. */
  replicable: boolean;
  /** Apps stop in this order: first who takes requests, last who is only spoken to. */
  stopOrder: number;
  preferredPort: number;
  /** Further ports the app listens on. */
  extraPorts?: Record<string, number>;
  env?: (facts: InstanceFacts) => NodeJS.ProcessEnv;
};

const entryOf = (name: string): string => join(ROOT, 'apps', name, 'dist', 'main.js');
const service = (name: string, preferredPort: number, env?: AppSpec['env']): AppSpec => ({
  name,
  entry: entryOf(name),
  ownsSchema: true,
  replicable: true,
  stopOrder: 1,
  preferredPort,
  env,
});
const objectStorage = ({ dataDir }: InstanceFacts): NodeJS.ProcessEnv => ({
  OBJECT_STORAGE_DIR: join(dataDir, 'objects'),
});

const publicUrl = ({ httpPorts }: Pick<InstanceFacts, 'httpPorts'>): string =>
  `http://127.0.0.1:${httpPorts.gateway}`;

/** What billing and the payment provider of a local instance, which is the sandbox, share. */
const stripeSecretKey = (secrets: Secrets): string => `sk_test_${secrets.password('stripe.key')}`;
export const stripeWebhookSecret = (secrets: Secrets): string =>
  `whsec_${secrets.password('stripe.webhook')}`;

/** Sender of the platform's own mails in a local instance. */
export const PLATFORM_MAIL_ADDRESS = 'no-reply@leadwire.test';

/** Every app of Leadwire, and what each is told beyond what all are told. */
export const APPS: AppSpec[] = [
  {
    name: 'gateway',
    entry: entryOf('gateway'),
    replicable: true,
    stopOrder: 0,
    preferredPort: 3000,
    env: (facts) => ({ ...objectStorage(facts), APP_URL: publicUrl(facts) }),
  },
  service('identity', 3001, ({ secrets, ports, httpPorts, dataDir }) => ({
    KEY_ENCRYPTION_KEY: secrets.key('key-encryption.identity'),
    OBJECT_STORAGE_DIR: join(dataDir, 'objects'),
    APP_URL: publicUrl({ httpPorts }),
    API_URL: publicUrl({ httpPorts }),
    // Who tries Leadwire on their own machine should not look for a mail first; there is nobody to hide an account from.
    SIGN_UP_AT_ONCE: 'true',
    // A provider that somebody tries log-in with may run on the same machine. Its secret is for nobody but identity.
    OUTBOUND_ALLOW_PRIVATE: 'true',
    ...(process.env.OIDC_PROVIDERS ? { OIDC_PROVIDERS: process.env.OIDC_PROVIDERS } : {}),
    MAIL_SMTP_URL: `smtp://127.0.0.1:${ports.smtp}?ignoreTLS=true`,
    MAIL_FROM: `Leadwire <${PLATFORM_MAIL_ADDRESS}>`,
    SMS_API_URL: `http://127.0.0.1:${httpPorts.sandbox}`,
    SMS_ACCOUNT: 'AC00000000000000000000000000000000',
    SMS_TOKEN: secrets.key('sms.identity'),
    SMS_FROM: '+15005550006',
  })),
  service('leads', 3002, objectStorage),
  service('campaigns', 3003, ({ secrets, dataDir }) => ({
    KEY_ENCRYPTION_KEY: secrets.key('key-encryption.campaigns'),
    SEND_JOURNAL_DIR: join(dataDir, 'send-journal'),
    // The sandbox's mail server is on loopback, which a real deployment must refuse to a user-supplied host.
    OUTBOUND_ALLOW_PRIVATE: 'true',
  })),
  service('billing', 3004, ({ secrets, httpPorts, dataDir }) => ({
    OBJECT_STORAGE_DIR: join(dataDir, 'objects'),
    APP_URL: publicUrl({ httpPorts }),
    STRIPE_API_URL: `http://127.0.0.1:${httpPorts.sandbox}`,
    STRIPE_SECRET_KEY: stripeSecretKey(secrets),
    STRIPE_WEBHOOK_SECRETS: stripeWebhookSecret(secrets),
    STRIPE_LIVEMODE: 'false',
  })),
  {
    name: 'sandbox',
    entry: entryOf('sandbox'),
    replicable: false,
    stopOrder: 2,
    preferredPort: 8025,
    extraPorts: { smtp: 2525 },
    env: ({ ports, dataDir, secrets, httpPorts }) => ({
      SMTP_PORT: String(ports.smtp),
      SANDBOX_DATA_DIR: join(dataDir, 'sandbox'),
      STRIPE_SECRET_KEY: stripeSecretKey(secrets),
      STRIPE_WEBHOOK_SECRET: stripeWebhookSecret(secrets),
      STRIPE_WEBHOOK_URL: `${publicUrl({ httpPorts })}/v1/webhooks/stripe`,
    }),
  },
];

/** The ports of a developer's own instance, by the name they are remembered under. */
export const PREFERRED_PORTS: Record<string, number> = {
  ...Object.fromEntries(
    APPS.flatMap((app) => [[app.name, app.preferredPort], ...Object.entries(app.extraPorts ?? {})]),
  ),
  postgres: 5433,
  nats: 4222,
};

/** Variables of the launcher's own environment that reach the apps; everything else is set here and nowhere else. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TZ', 'LOG_LEVEL', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

/** The whole environment of one process of an app. */
export function appEnv(
  app: AppSpec,
  apps: AppSpec[],
  facts: InstanceFacts,
  httpPort: number,
): NodeJS.ProcessEnv {
  const { secrets, adminUrl, natsUrl } = facts;
  const callers = [...apps.map(({ name }) => name).filter((name) => name !== 'sandbox'), OPERATOR];
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: 'production',
    // A quarter of the time that a service takes to load is compiling what was compiled at its last start.
    NODE_COMPILE_CACHE: join(cacheDir(), 'compiled'),
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(httpPort),
    NATS_URL: natsUrl,
    CTX_SIGNING_KEY: secrets.key(`ctx.${app.name}`),
    CTX_TRUSTED_KEYS: callers.map((name) => `${name}:${secrets.key(`ctx.${name}`)}`).join(','),
  };
  for (const name of PASSED_ON) if (process.env[name] !== undefined) env[name] = process.env[name];
  if (app.ownsSchema) {
    const roleSecret = secrets.key('roles');
    env.DATABASE_URL = roleUrl(adminUrl, roleSecret, `${app.name}_app`);
    env.RELAY_DATABASE_URL = roleUrl(adminUrl, roleSecret, `${app.name}_relay`);
    env.CURSOR_KEY = secrets.key(`cursor.${app.name}`);
  }
  return { ...env, ...app.env?.(facts) };
}
