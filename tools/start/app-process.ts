import { get } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../infra/paths.ts';
import type { Backoff, ProcessSpec } from '../infra/supervised.ts';
import { appEnv, type AppSpec, type InstanceFacts } from './apps.ts';
import type { PlatformUrls } from './run-state.ts';

const APP_READY_TIMEOUT_MS = 60_000;
/** Bounds an app's heap: left to itself, V8 takes what the machine has before it collects, and two large imports show it. */
const HEAP = ['--max-old-space-size=192', '--max-semi-space-size=16'];
const APP_STOP_GRACE_MS = 15_000;
const PROBE_TIMEOUT_MS = 3_000;

export type AppProcessOptions = {
  apps: AppSpec[];
  facts: InstanceFacts;
  env?: NodeJS.ProcessEnv;
  backoff?: Backoff;
};

/** How one process of an app is run: `name` is the app's, or `<app>-2` and so on for further replicas. */
export function appProcess(
  name: string,
  app: AppSpec,
  httpPort: number,
  options: AppProcessOptions,
): ProcessSpec {
  const { apps, facts, env, backoff } = options;
  const marker = `--instance=${facts.dataDir}`;
  return {
    name,
    command: process.execPath,
    // Apps take no arguments; the marker tells instances of one checkout apart in the process list.
    args: [...HEAP, app.entry, marker],
    env: { ...appEnv(app, apps, facts, httpPort), ...env },
    cwd: ROOT,
    logFile: join(facts.dataDir, 'logs', `${name}.jsonl`),
    marker,
    stopSignal: 'SIGTERM',
    stopGraceMs: APP_STOP_GRACE_MS,
    readyTimeoutMs: APP_READY_TIMEOUT_MS,
    isReady: () => answersReady(httpPort),
    backoff,
  };
}

/** The platform's addresses from the ports its processes got. */
export function urlsOf(httpPorts: Record<string, number>, facts: InstanceFacts): PlatformUrls {
  const apps = Object.fromEntries(
    Object.entries(httpPorts).map(([name, port]) => [name, `http://127.0.0.1:${port}`]),
  );
  const api = apps.gateway ?? '';
  return {
    api,
    docs: `${api}/docs`,
    sandbox: apps.sandbox ?? '',
    smtp: { host: '127.0.0.1', port: facts.ports.smtp ?? 0 },
    nats: facts.natsUrl,
    apps,
  };
}

/** Whether an app says that it is ready. A connection of its own each time: a kept one would delay the app's shutdown. */
export function answersReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/health/ready', agent: false, timeout: PROBE_TIMEOUT_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.once('timeout', () => request.destroy(new Error('timeout')));
    request.once('error', () => resolve(false));
  });
}
