import { chmodSync, mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { hash, verify } from '@node-rs/argon2';
import { startPlatform } from '../start/platform.ts';
import { JsonClient } from './json-client.ts';
import { median, quantile } from './machine.ts';

const PASSWORD = 'a long bench password of nobody';
/** What identity hashes with (OWASP Password Storage Cheat Sheet); 2 is argon2id. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PEOPLE = 16;
const SECONDS = 4;
const ROUNDS = 3;
const WARM_UP_SECONDS = 1;
const REVOCATIONS = 200;

type Figures = Record<
  'loginRatio' | 'loginsPerSecond' | 'hashesPerSecond' | 'refreshPerSecondPerCore' | 'revocationP99Ms',
  number
>;

/** Log-ins against the bare hash in alternation, refreshes, and how soon a log-out holds. All cores work on each. */
export async function benchIdentity(): Promise<Figures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
  chmodSync(dataDir, 0o711);
  const env = {
    RATE_TENANT_PER_SECOND: '1000000',
    RATE_USER_PER_SECOND: '1000000',
    RATE_ANONYMOUS_PER_SECOND: '1000000',
    LOG_LEVEL: 'warn',
  };
  const platform = await startPlatform({ dataDir, quiet: true, env });
  const client = new JsonClient(`${platform.urls.api}/v1`);
  try {
    const people = Array.from({ length: PEOPLE }, (_, i) => ({
      email: `bench-${i}@leadwire.test`,
      password: PASSWORD,
    }));
    for (const person of people)
      await client.ok('POST', '/sign-ups', { tenantName: 'Bench', ...person, firstName: 'B' });
    const [logIns, hashes] = await compareLogIns(client, people);
    return {
      loginsPerSecond: logIns,
      hashesPerSecond: hashes,
      loginRatio: logIns / hashes,
      refreshPerSecondPerCore: (await refreshRate(client, people)) / availableParallelism(),
      revocationP99Ms: await revocationP99(client, people[0] as Credentials),
    };
  } finally {
    client.close();
    await platform.stop();
    platform.removeData();
  }
}

type Credentials = { email: string; password: string };

async function compareLogIns(client: JsonClient, people: Credentials[]): Promise<[number, number]> {
  const stored = await hash(PASSWORD, ARGON2ID);
  const logIn = (i: number) => client.ok('POST', '/sessions', people[i]);
  const bare = () => verify(stored, PASSWORD);
  const [logIns, hashes]: [number[], number[]] = [[], []];
  await rate(PEOPLE, WARM_UP_SECONDS, logIn);
  for (let round = 0; round < ROUNDS; round++) {
    logIns.push(await rate(PEOPLE, SECONDS, logIn));
    hashes.push(await rate(availableParallelism(), SECONDS, bare));
  }
  return [median(logIns), median(hashes)];
}

async function refreshRate(client: JsonClient, people: Credentials[]): Promise<number> {
  const tokens = await Promise.all(
    people.map(async (person) => (await client.ok('POST', '/sessions', person))['refreshToken'] as string),
  );
  const refresh = async (i: number) => {
    const { refreshToken } = await client.ok('POST', '/sessions/refresh', { refreshToken: tokens[i] });
    tokens[i] = refreshToken as string;
  };
  await rate(PEOPLE, WARM_UP_SECONDS, refresh);
  return rate(PEOPLE, SECONDS, refresh);
}

/** From the answer to a log-out until the gateway refuses a token it had verified and kept. */
async function revocationP99(client: JsonClient, person: Credentials): Promise<number> {
  const delays: number[] = [];
  for (let n = 0; n < REVOCATIONS; n++) {
    const token = (await client.ok('POST', '/sessions', person))['accessToken'] as string;
    await client.ok('GET', '/me', undefined, token);
    const asked = performance.now();
    await client.ok('DELETE', '/sessions/current', undefined, token);
    while ((await client.send('GET', '/tenant', undefined, token)).status !== 401) await turn();
    delays.push(performance.now() - asked);
  }
  return quantile(
    delays.toSorted((a, b) => a - b),
    0.99,
  );
}

/** How often `work` was done per second by `lanes` that each do it one after the other. */
async function rate(
  lanes: number,
  seconds: number,
  work: (lane: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const deadline = started + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < deadline) {
        await work(lane);
        done++;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
