import { bool, cleanEnv, port, str, type CleanedEnvAccessors } from 'envalid';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** How the sandbox runs; a class so that Nest can inject it. */
export class SandboxConfig {
  constructor(
    /** Address of both the mail server and the HTTP server. */
    readonly host: string,
    /** 0 picks a free port. */
    readonly httpPort: number,
    readonly smtpPort: number,
    /** Where mails outlive the process; undefined keeps them in memory only. */
    readonly dataDir: string | undefined,
    readonly smtpStartTls: boolean,
    readonly logLevel: string,
  ) {}
}

const VARIABLES = {
  HTTP_HOST: str({ default: '127.0.0.1', desc: 'Address that both servers listen on.' }),
  HTTP_PORT: port({ desc: 'Port of the JSON interface and the web page.' }),
  SMTP_PORT: port({ desc: 'Port of the mail server.' }),
  SANDBOX_DATA_DIR: str({
    default: undefined,
    desc: 'Folder that keeps mails over restarts; absent: memory only.',
  }),
  SMTP_STARTTLS: bool({
    default: true,
    desc: 'Whether STARTTLS is advertised. The certificate is self-signed, so a client that verifies it will refuse.',
  }),
  LOG_LEVEL: str({ choices: LOG_LEVELS, default: 'info', desc: 'Least severe level that is logged.' }),
};

/** Reads the configuration. Throws one error that names everything wrong with it. */
export function readConfig(env: NodeJS.ProcessEnv): SandboxConfig {
  const read: Omit<ReturnType<typeof parse>, keyof CleanedEnvAccessors> = parse(env);
  return new SandboxConfig(
    read.HTTP_HOST,
    read.HTTP_PORT,
    read.SMTP_PORT,
    read.SANDBOX_DATA_DIR,
    read.SMTP_STARTTLS,
    read.LOG_LEVEL,
  );
}

function parse(env: NodeJS.ProcessEnv) {
  return cleanEnv(env, VARIABLES, {
    reporter: ({ errors }) => {
      const wrong = Object.entries(errors).map(([name, error]) => `  ${name}: ${error?.message}`);
      if (wrong.length > 0) throw new Error(`The configuration is not valid:\n${wrong.join('\n')}`);
    },
  });
}
