import { bool, port, processConfig, str, type ConfigOf } from '@leadwire/platform';

/** What the sandbox reads from its environment. `HTTP_HOST` is the interface of the mail server too. */
export const sandboxConfig = {
  HTTP_HOST: processConfig.HTTP_HOST,
  HTTP_PORT: port({ desc: 'Port of the web page, the JSON interface, health and metrics.' }),
  LOG_LEVEL: processConfig.LOG_LEVEL,
  SMTP_PORT: port({ desc: 'Port of the mail server.' }),
  SANDBOX_DATA_DIR: str({
    default: '',
    desc: 'Folder that keeps mails over restarts. Empty: they are kept in memory only.',
  }),
  SMTP_STARTTLS: bool({
    default: true,
    desc: 'Whether STARTTLS is offered. The certificate is self-signed, so clients that verify it refuse to go on.',
  }),
};

export type SandboxConfig = ConfigOf<typeof sandboxConfig>;
