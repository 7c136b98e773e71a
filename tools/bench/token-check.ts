import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ACCESS_TOKEN, type ApiKeyStanding } from '@leadwire/contracts';
import { anonymousCtx, SystemClock } from '@leadwire/kernel';
import { newApiKey } from '@leadwire/security';
import { generateKeyPair, SignJWT } from 'jose';
import { ROOT } from '../infra/paths.ts';
import { median } from './machine.ts';

/** Sessions and keys in use: more than a processor's nearest cache holds. */
const CALLERS = 2_000;
const REVOKED = 1_000;
const CHECKS = 400_000;
const ROUNDS = 5;
const IP = '203.0.113.9';
const KID = 'bench';

type Request = { headers: Record<string, string> };
type Check = (request: Request) => unknown;

/**
 * What it takes from the headers of a request to who asks, once the gateway has seen the credential: its own classes, given keys
 * and standings that cost nothing to ask for.
 */
export async function benchTokenCheck(): Promise<{
  tokenCheckUs: number;
  jwtCheckUs: number;
  apiKeyCheckUs: number;
}> {
  const [jwt, apiKey] = [await accessTokenCheck(), await apiKeyCheck()];
  const jwtCheckUs = await microseconds(jwt);
  const apiKeyCheckUs = await microseconds(apiKey);
  return { tokenCheckUs: Math.max(jwtCheckUs, apiKeyCheckUs), jwtCheckUs, apiKeyCheckUs };
}

type Subject = { check: Check; requests: Request[] };

async function accessTokenCheck(): Promise<Subject> {
  const { AccessTokens } =
    await gatewayModule<typeof import('../../apps/gateway/src/auth/access-tokens.ts')>(
      'auth/access-tokens.js',
    );
  const { credentialOf } =
    await gatewayModule<typeof import('../../apps/gateway/src/auth/credential.ts')>('auth/credential.js');
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const keys = { find: async () => publicKey };
  const tokens = new AccessTokens(keys as never, await revocations(), new SystemClock());
  const requests = await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      const token = await new SignJWT({ sid: randomUUID(), tid: randomUUID(), role: 'agent' })
        .setProtectedHeader({ alg: ACCESS_TOKEN.algorithm, typ: ACCESS_TOKEN.type, kid: KID })
        .setSubject(randomUUID())
        .setIssuer(ACCESS_TOKEN.issuer)
        .setAudience(ACCESS_TOKEN.audience)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
      await tokens.verify(token);
      return { headers: { authorization: `Bearer ${token}` } };
    }),
  );
  const check: Check = (request) => tokens.known(credentialOf(request)?.token ?? '');
  return { check, requests };
}

async function apiKeyCheck(): Promise<Subject> {
  const { ApiKeyVerifier } =
    await gatewayModule<typeof import('../../apps/gateway/src/auth/api-key-verifier.ts')>(
      'auth/api-key-verifier.js',
    );
  const { credentialOf } =
    await gatewayModule<typeof import('../../apps/gateway/src/auth/credential.ts')>('auth/credential.js');
  const identity = { verify: async () => standing() };
  const limits = { anonymous: () => undefined, forgive: () => undefined };
  const verifier = new ApiKeyVerifier(identity, limits as never, await revocations(), new SystemClock());
  const caller = { ip: IP, reply: undefined as never, ctx: anonymousCtx() };
  const requests = Array.from({ length: CALLERS }, () => ({
    headers: { authorization: `Bearer ${newApiKey().text}` },
  }));
  const check: Check = (request) => verifier.sessionOf(credentialOf(request)?.token ?? '', caller);
  for (const request of requests) await check(request);
  return { check, requests };
}

const standing = (): ApiKeyStanding => ({
  apiKeyId: randomUUID(),
  tenantId: randomUUID(),
  userId: randomUUID(),
  role: 'agent',
  scopes: ['leads.read', 'leads.write'],
  ipAllow: ['192.0.2.0/24', '203.0.113.0/24'],
  ratePerSecond: null,
  worksUntil: new Date(Date.now() + 86_400_000).toISOString(),
});

/** Revocations that have learnt a thing or two: every check looks there. */
async function revocations(): Promise<never> {
  const { RevocationList } =
    await gatewayModule<typeof import('../../apps/gateway/src/auth/revocation-list.ts')>(
      'auth/revocation-list.js',
    );
  const list = new RevocationList(360_000, 200_000);
  for (let i = 0; i < REVOKED; i++) {
    list.endSession(randomUUID(), Date.now());
    list.removeMember(randomUUID(), randomUUID(), Date.now());
  }
  const refusalOf = list.refusalOf.bind(list);
  return { refusalOf, check: refusalOf, onFact: () => () => undefined } as never;
}

/** Of processor time: what others do on the machine meanwhile is no part of it. */
async function microseconds({ check, requests }: Subject): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const started = process.cpuUsage();
    for (let i = 0; i < CHECKS; i++) {
      // As the guard does: what is known is there at once, what must be looked up is awaited.
      if (!(await check(requests[i % CALLERS] as Request))) throw new Error('A credential was not known.');
    }
    const { user, system } = process.cpuUsage(started);
    rounds.push((user + system) / CHECKS);
  }
  // The first round warms up.
  return median(rounds.slice(1));
}

function gatewayModule<T>(path: string): Promise<T> {
  return import(pathToFileURL(join(ROOT, 'apps/gateway/dist', path)).href) as Promise<T>;
}
