import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newId, systemCtx } from '@leadwire/kernel';
import { migrateAll, roleUrl, TenantTransaction } from '@leadwire/persistence';
import { startService } from '@leadwire/platform';
import { pickPort } from '../infra/ports.ts';
import { benchSchemas, producerService, Ticked } from './bench-service.ts';
import { startInfrastructure, type Infrastructure } from './infrastructure.ts';
import { quantile } from './machine.ts';

const PER_SECOND = 500;
const WARM_UP = 1_000;
const EVENTS = 5_000;
const TENANTS = 20;
const ROLE_SECRET = 'bench';
const DEADLINE_MS = 60_000;

const now = (): number => performance.timeOrigin + performance.now();

/** From the commit of one service to the end of the handler of another, in a process of its own, at 500 events a second. */
export async function benchLatency(): Promise<{ latencyP50Ms: number; latencyP99Ms: number }> {
  const infrastructure = await startInfrastructure();
  const handled = new Map<number, number>();
  await migrateAll({
    adminUrl: infrastructure.postgres.adminUrl,
    roleSecret: ROLE_SECRET,
    services: benchSchemas,
  });
  const listener = await startListener(infrastructure, handled);
  const producer = await startService(producerService(), await serviceEnv(infrastructure, 'producer'));
  try {
    const committed = await produce(producer.app.get(TenantTransaction));
    const deadline = Date.now() + DEADLINE_MS;
    while (handled.size < committed.length && Date.now() < deadline) await wait(50);
    const latencies = committed
      .slice(WARM_UP)
      .map((at, i) => (handled.get(i + WARM_UP) ?? Number.POSITIVE_INFINITY) - at)
      .sort((a, b) => a - b);
    return { latencyP50Ms: quantile(latencies, 0.5), latencyP99Ms: quantile(latencies, 0.99) };
  } finally {
    await producer.stop();
    const ended = new Promise((resolve) => listener.once('exit', resolve));
    listener.send('stop');
    await ended;
    await infrastructure.stop();
  }
}

async function produce(transactions: TenantTransaction): Promise<number[]> {
  const tenants = Array.from({ length: TENANTS }, () => systemCtx(newId()));
  const committed: number[] = [];
  const running: Promise<void>[] = [];
  const started = now();
  for (let n = 0; n < WARM_UP + EVENTS; n++) {
    const due = started + (n * 1000) / PER_SECOND;
    const early = due - now();
    if (early > 0) await wait(early);
    const ctx = tenants[n % TENANTS] as (typeof tenants)[number];
    const work = transactions.run(ctx, async (db) => db.emit(Ticked, newId(), { n }));
    running.push(work.then(() => void (committed[n] = now())));
  }
  await Promise.all(running);
  return committed;
}

async function startListener(
  infrastructure: Infrastructure,
  handled: Map<number, number>,
): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('listener.ts', import.meta.url)), {
    env: { ...process.env, ...(await serviceEnv(infrastructure, 'listener')) },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the listener ended with ${code}`)));
    child.on('message', (message: { ready?: true; handled?: [number, number][] }) => {
      if (message.ready) resolve();
      for (const [n, at] of message.handled ?? []) handled.set(n, at);
    });
  });
  child.removeAllListeners('exit');
  return child;
}

async function serviceEnv(
  { postgres, nats }: Infrastructure,
  service: string,
): Promise<Record<string, string>> {
  const key = randomBytes(32).toString('base64');
  return {
    NATS_URL: nats.url,
    HTTP_PORT: String(await pickPort()),
    LOG_LEVEL: 'warn',
    CTX_SIGNING_KEY: key,
    CTX_TRUSTED_KEYS: `${service}:${key}`,
    CURSOR_KEY: key,
    DATABASE_URL: roleUrl(postgres.adminUrl, ROLE_SECRET, service, 'app'),
    RELAY_DATABASE_URL: roleUrl(postgres.adminUrl, ROLE_SECRET, service, 'relay'),
  };
}
