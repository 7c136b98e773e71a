import {
  accountsApi,
  ROLE_CAPABILITIES,
  type Role,
  type SessionTokens,
  type SignUp,
} from '@leadwire/contracts';
import { anonymousCtx, Clock, newId, type Ctx } from '@leadwire/kernel';
import { LOGGER, type Logger } from '@leadwire/platform';
import { caller, TestService } from '@leadwire/testing';
import pino from 'pino';
import { PASSWORD_COST, type PasswordCost } from '../src/accounts/passwords.js';
import { identityService } from '../src/identity.module.js';
import { migrations } from '../src/migrations/index.js';

export const PASSWORD = 'correct horse battery';

/** Nobody listens there: mails and texts wait, for specs that are not about them. */
const WITHOUT_MAIL = {
  APP_URL: 'https://app.leadwire.test',
  MAIL_SMTP_URL: 'smtp://127.0.0.1:1?ignoreTLS=true',
  MAIL_FROM: 'Leadwire <no-reply@leadwire.test>',
};

/** Specs make hundreds of passwords; that the real work is done is shown by those that start `identityService` itself. */
const LITTLE_WORK: PasswordCost = { memoryCost: 256, timeCost: 1, parallelism: 1 };

const quickService: typeof identityService = {
  ...identityService,
  module: (runtime) => {
    const module = identityService.module(runtime);
    const cost = { provide: PASSWORD_COST, useValue: LITTLE_WORK };
    return { ...module, providers: [...(module.providers ?? []), cost] };
  },
};

/**
 * Identity where teams sign up at once, since most specs need people and few are about how they came.
 * @param definition give `identityService` itself for specs of what hashing costs
 */
export function startIdentity(
  env: Record<string, string> = {},
  definition = quickService,
): Promise<TestService> {
  return startAsShipped({ SIGN_UP_AT_ONCE: 'true', ...env }, definition);
}

/** Identity where an operator has set nothing that need not be set. */
export function startAsShipped(
  env: Record<string, string> = {},
  definition = quickService,
): Promise<TestService> {
  return TestService.start(definition, { migrations, env: { ...WITHOUT_MAIL, ...env } });
}

let people = 0;
export const someone = (over: Partial<SignUp> = {}): SignUp => ({
  tenantName: 'Acme',
  email: `person${++people}@example.com`,
  password: PASSWORD,
  ...over,
});

export function signUp(service: TestService, over: Partial<SignUp> = {}): Promise<SessionTokens> {
  return service.client(accountsApi).signUp(anonymous(), someone(over));
}

export const anonymous = (): Ctx => anonymousCtx({ deadline: Date.now() + 20_000 });

/** The context that the gateway makes of an access token. */
export function signedIn(session: SessionTokens, role: Role = 'owner', over: Partial<Ctx> = {}): Ctx {
  return caller(role, {
    tenantId: session.tenant.id,
    userId: session.user.id,
    sessionId: claimsOf(session.accessToken).sid as string,
    capabilities: new Set(ROLE_CAPABILITIES[role]),
    ...over,
  });
}

/** Somebody with an account of their own who is also in this team; past the API, for tests of what members may do. */
export async function memberIn(
  service: TestService,
  { tenant }: SessionTokens,
  role: Role,
): Promise<{ userId: string; email: string; ctx: Ctx; own: SessionTokens }> {
  const own = await signUp(service);
  await service.database.query(
    'INSERT INTO identity.memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)',
    [newId(), tenant.id, own.user.id, role],
  );
  const ctx = signedIn(own, role, { tenantId: tenant.id });
  return { userId: own.user.id, email: own.user.email, ctx, own };
}

export function claimsOf(accessToken: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** Every line that the service logs from now on, at every level. */
export function captureLog(service: TestService): string[] {
  const lines: string[] = [];
  const logger = service.running.app.get<Logger>(LOGGER);
  logger.level = 'trace';
  const stream = (logger as unknown as Record<symbol, { write: (line: string) => void }>)[
    pino.symbols.streamSym
  ];
  if (stream) stream.write = (line) => void lines.push(line);
  return lines;
}

/** Drives the service's clock: what it is told has passed, has passed. Call it again with 0 to return to now. */
export function travel(service: TestService, ms: number): void {
  const clock = service.running.app.get(Clock);
  clock.now = () => new Date(Date.now() + ms);
}

/** Stands the service's clock still, `ms` from now, until somebody travels again: for what must not hang on how long a slow machine takes. */
export function standStill(service: TestService, ms = 0): void {
  const now = new Date(Date.now() + ms);
  service.running.app.get(Clock).now = () => now;
}
