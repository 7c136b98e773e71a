import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrateAll, roleUrl } from '@leadwire/persistence';
import { ROOT } from '../infra/paths.ts';
import { pickPort } from '../infra/ports.ts';
import type { Infrastructure } from './infrastructure.ts';

const ROLE_SECRET = 'bench';
// As a service is started; see tools/start.
const HEAP = ['--max-old-space-size=192', '--max-semi-space-size=16'];
const MIGRATIONS = join(ROOT, 'apps', 'billing', 'dist', 'migrations', 'index.js');

/** What the process is told: to stop, or to time so many questions about a quota that it knows. */
export type BillingOrder = 'stop' | { tenantId: string; feature: string; checks: number };
export type BillingAnswer = 'ready' | { checkUs: number };

/** Makes billing's schema. */
export async function migrateBilling({ postgres }: Infrastructure): Promise<void> {
  const { migrations } = await import(pathToFileURL(MIGRATIONS).href);
  const services = [{ service: 'billing', migrations }];
  await migrateAll({ adminUrl: postgres.adminUrl, roleSecret: ROLE_SECRET, services });
}

/** One process of billing as it is deployed, with wallets that never run dry. */
export class BillingProcess {
  private readonly child: ChildProcess;
  /** Signs what callers say of themselves. */
  readonly key: Buffer;

  private constructor(child: ChildProcess, key: Buffer) {
    this.child = child;
    this.key = key;
  }

  static async start({ postgres, nats }: Infrastructure): Promise<BillingProcess> {
    const secret = randomBytes(32);
    const key = secret.toString('base64');
    const objects = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
    const child = fork(fileURLToPath(new URL('billing-service.ts', import.meta.url)), {
      execArgv: [...process.execArgv, ...HEAP],
      env: {
        ...process.env,
        NATS_URL: nats.url,
        HTTP_PORT: String(await pickPort()),
        LOG_LEVEL: 'warn',
        CTX_SIGNING_KEY: key,
        CTX_TRUSTED_KEYS: `billing:${key},bench:${key}`,
        CURSOR_KEY: key,
        OBJECT_STORAGE_DIR: objects,
        DATABASE_URL: roleUrl(postgres.adminUrl, ROLE_SECRET, 'billing', 'app'),
        RELAY_DATABASE_URL: roleUrl(postgres.adminUrl, ROLE_SECRET, 'billing', 'relay'),
        TRIAL_CREDIT: '1000000',
      },
    });
    child.once('close', () => rmSync(objects, { recursive: true, force: true }));
    const billing = new BillingProcess(child, secret);
    await billing.answer();
    return billing;
  }

  /** What a question about a quota that it knows costs it, in microseconds. */
  async timeChecks(order: Exclude<BillingOrder, 'stop'>): Promise<number> {
    this.child.send(order);
    return ((await this.answer()) as { checkUs: number }).checkUs;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.send('stop' satisfies BillingOrder);
    await ended;
  }

  private answer(): Promise<BillingAnswer> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`billing ended with ${code}`));
      this.child.once('exit', onExit);
      this.child.once('message', (answer: BillingAnswer) => {
        this.child.off('exit', onExit);
        resolve(answer);
      });
    });
  }
}
