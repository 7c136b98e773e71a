import { bool, port, processConfig, str, type ConfigOf } from '@leadwire/platform';

/** What the sandbox reads from its environment. `HTTP_HOST` is the interface of the mail server too. */
export const sandboxConfig = {
  HTTP_HOST: processConfig.HTTP_HOST,
  HTTP_PORT: port({ desc: 'Port of the web page, the JSON interface, health and metrics.' }),
  LOG_LEVEL: processConfig.LOG_LEVEL,
  SMTP_PORT: port({ desc: 'Port of the mail server.' }),
  SANDBOX_DATA_DIR: str({
    default: '',
    desc: 'Folder that keeps mails and payments over restarts. Empty: they are kept in memory only.',
  }),
  SMTP_STARTTLS: bool({
    default: true,
    desc: 'Whether STARTTLS is offered. The certificate is self-signed, so clients that verify it refuse to go on.',
  }),
  STRIPE_SECRET_KEY: str({
    default: '',
    desc: "Secret key that the payment provider's API asks for. Empty: any that starts with sk_test_.",
  }),
  STRIPE_WEBHOOK_URL: str({
    default: '',
    desc: 'Where the payment provider sends its webhooks. Empty: nowhere, until a control says so.',
  }),
  STRIPE_WEBHOOK_SECRET: str({
    default: '',
    desc: 'What webhooks are signed with. Empty: they are not signed.',
  }),
};

export type SandboxConfig = ConfigOf<typeof sandboxConfig>;
