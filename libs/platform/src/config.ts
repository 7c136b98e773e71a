import {
  bool,
  cleanEnv,
  EnvError,
  host,
  makeValidator,
  num,
  port,
  str,
  url,
  type ValidatorSpec,
} from 'envalid';

export { bool, EnvError, host, makeValidator, num, port, str, url };

/** A secret key: base64 of exactly 32 bytes. */
export const key32 = makeValidator<Buffer>((input: string) => {
  const key = Buffer.from(input, 'base64');
  if (key.length !== 32) throw new EnvError('must be the base64 of 32 bytes');
  return key;
});

/** A mail server: `smtp://user:password@host:587` (STARTTLS is insisted on) or `smtps://…:465`. */
export const smtpUrl = makeValidator<URL>((input: string) => {
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (!url?.hostname || !['smtp:', 'smtps:'].includes(url.protocol))
    throw new EnvError('must look like smtp://user:password@host:port');
  return url;
});

export type ConfigSpec = Record<string, ValidatorSpec<unknown>>;
export type ConfigOf<S extends ConfigSpec> = Readonly<{
  [K in keyof S]: S[K] extends ValidatorSpec<infer T> ? T : never;
}>;

/** What every process reads. */
export const processConfig = {
  NATS_URL: str({
    desc: 'Address of the NATS server, or several separated by commas.',
    example: 'nats://127.0.0.1:4222',
  }),
  HTTP_HOST: host({ default: '127.0.0.1', desc: 'Interface of the HTTP port; `0.0.0.0` in a container.' }),
  HTTP_PORT: port({ desc: 'Port of health and metrics; for the gateway also of the API.' }),
  LOG_LEVEL: str({
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    desc: 'Least severe line that is logged.',
  }),
  CTX_SIGNING_KEY: key32({
    desc: 'Signs the context of requests to other services. Base64 of 32 bytes; one per service. Secret.',
  }),
  CTX_TRUSTED_KEYS: str({
    desc: 'Who may call this service: `name:key` pairs separated by commas, keys as in CTX_SIGNING_KEY. Secret.',
  }),
};

/** What every process with a schema reads as well. */
export const databaseConfig = {
  DATABASE_URL: url({ desc: "Postgres, as the service's `<service>_app` role. Secret." }),
  RELAY_DATABASE_URL: url({ desc: "Postgres, as the service's `<service>_relay` role. Secret." }),
  CURSOR_KEY: key32({ desc: 'Signs page cursors. Base64 of 32 bytes. Secret.' }),
};

/**
 * Reads and checks the environment once, at start.
 * @throws Error that names every variable that is missing or wrong, and what it is for
 */
export function readConfig<S extends ConfigSpec>(spec: S, env: NodeJS.ProcessEnv = process.env): ConfigOf<S> {
  const problems: string[] = [];
  const config = cleanEnv(env, spec, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        problems.push(
          `  ${name}: ${(error as Error).message || 'is missing'}. ${(spec[name] as { desc?: string }).desc ?? ''}`,
        );
      }
    },
  });
  if (problems.length > 0) throw new Error(`The configuration is not complete:\n${problems.join('\n')}`);
  // A plain object: envalid's own throws on unknown properties, and Nest reads `constructor` of what it injects.
  return Object.freeze({ ...config }) as unknown as ConfigOf<S>;
}
