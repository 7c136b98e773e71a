import { reservationsApi, type ReservationsApi } from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import pg from 'pg';
import { violationsOf } from '../../billing/src/audit/invariants.ts';
import { askAsOperator, OPERATOR_KEY } from '../../../tools/operator/rpc.ts';
import { APPS } from '../../../tools/start/apps.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const TENANTS = 4;
const CALLERS = 32;
const CRASHES = 21;
/** Commands that are answered between two crashes, at least: each crash falls into work. */
const ANSWERS_BETWEEN = 20;
const TRY_MS = 2_000;
const GIVE_UP_MS = 240_000;
const TIME_LIMIT_MS = 600_000;
/** A crash of Postgres takes both replicas' connections; a crash of a service leaves the other. */
const VICTIMS = [
  ['billing', 'SIGKILL'],
  ['postgres', 'SIGQUIT'],
  ['postgres', 'SIGQUIT'],
  ['billing-2', 'SIGKILL'],
  ['postgres', 'SIGQUIT'],
  ['postgres', 'SIGQUIT'],
] as const;

type Acknowledged = { tenantId: string; key: string; ledgerTransactionId: string };

describe('a ledger whose services and database crash while money moves', () => {
  let platform: Platform;
  let admin: pg.Client;

  beforeAll(async () => {
    // Only what moves money: twenty-one crashes of a whole platform would mostly show how long it takes to start one.
    const apps = APPS.filter(({ name }) => name === 'billing');
    const env = {
      LOG_LEVEL: 'warn',
      TRIAL_CREDIT: '100000',
      APP_URL: 'http://127.0.0.1',
      STRIPE_API_URL: '',
      STRIPE_SECRET_KEY: '',
    };
    platform = await startInstance({
      apps,
      replicas: 2,
      env,
      backoff: { firstMs: 50, maxMs: 500, resetMs: 60_000 },
    });
  });
  afterAll(async () => {
    await admin?.end();
    await endInstance(platform);
  });

  it(
    `has posted what it acknowledged, and nothing twice, after ${CRASHES} crashes`,
    async () => {
      const acknowledged: Acknowledged[] = [];
      const target = {
        natsUrl: platform.urls.nats,
        key: Buffer.from(platform.secrets.key(OPERATOR_KEY), 'base64'),
      };
      await askAsOperator(target, async ({ client }) => {
        const work = new Work(client(reservationsApi), acknowledged);
        const callers = Array.from({ length: CALLERS }, () => work.run());
        for (let crash = 0; crash < CRASHES; crash++) {
          const [name, signal] = VICTIMS[crash % VICTIMS.length] as (typeof VICTIMS)[number];
          await platform.process(name).waitReady();
          work.resume();
          const before = acknowledged.length;
          await eventually(() => acknowledged.length >= before + ANSWERS_BETWEEN, GIVE_UP_MS);
          await platform.kill(name, signal);
          // What was asked for is asked again; nothing new, until the next crash has somebody to hit.
          work.pause();
        }
        await platform.waitReady();
        work.stop();
        await Promise.all(callers);
        await work.repeatSome();
      });

      admin = new pg.Client({ connectionString: platform.adminUrl });
      await admin.connect();
      await admin.query('SET search_path = billing, public');
      const { rows } = await admin.query<{ tenantId: string; key: string; ledgerTransactionId: string }>(
        `SELECT tenant_id AS "tenantId", replace(idempotency_key, 'hold:', '') AS key, id AS "ledgerTransactionId"
       FROM billing_ledger_transactions WHERE reservation_id IS NOT NULL AND tenant_id = ANY($1)`,
        [[...new Set(acknowledged.map(({ tenantId }) => tenantId))]],
      );
      const sorted = (list: Acknowledged[]) =>
        list
          .map(({ tenantId, key, ledgerTransactionId }) => `${tenantId} ${key} ${ledgerTransactionId}`)
          .sort();
      expect(sorted(rows)).toEqual(sorted(acknowledged));
      const query = async <R extends object>(sql: string, params: unknown[]) =>
        (await admin.query(sql, params)).rows as R[];
      expect(await violationsOf(query)).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});

/** Callers who hold and pay, each asking with the same key until it is told what became of it. */
class Work {
  private readonly tenants = Array.from({ length: TENANTS }, () => newId());
  private stopped = false;
  private turn = 0;
  private goOn = Promise.withResolvers<void>();

  constructor(
    private readonly reservations: ReservationsApi,
    private readonly acknowledged: Acknowledged[],
  ) {}

  async run(): Promise<void> {
    for (;;) {
      await this.goOn.promise;
      if (this.stopped) return;
      const tenantId = this.tenants[this.turn++ % TENANTS] as string;
      const { reservationId } = await this.hold(tenantId, newId());
      await this.pay(tenantId, newId(), reservationId);
    }
  }

  resume(): void {
    this.goOn.resolve();
  }

  pause(): void {
    this.goOn = Promise.withResolvers<void>();
  }

  stop(): void {
    this.stopped = true;
    this.resume();
  }

  /** What was acknowledged once is answered the same again. */
  async repeatSome(): Promise<void> {
    const holds = this.acknowledged.filter(({ key }) => key.startsWith('authorise:')).slice(0, 50);
    for (const { tenantId, key, ledgerTransactionId } of holds) {
      const again = await this.persist(() => this.reservations.authorise(this.ctx(tenantId), holdOf(key)));
      expect(again.ledgerTransactionId).toBe(ledgerTransactionId);
    }
  }

  private async hold(tenantId: string, id: string) {
    const key = `authorise:${id}`;
    const held = await this.persist(() => this.reservations.authorise(this.ctx(tenantId), holdOf(key)));
    this.acknowledged.push({ tenantId, key, ledgerTransactionId: held.ledgerTransactionId });
    return held;
  }

  private async pay(tenantId: string, id: string, reservationId: string): Promise<void> {
    const key = `capture:${id}`;
    const input = { key, reservationId, amount: '0.4', close: true };
    const paid = await this.persist(() => this.reservations.capture(this.ctx(tenantId), input));
    this.acknowledged.push({ tenantId, key, ledgerTransactionId: paid.ledgerTransactionId });
  }

  private persist<T>(ask: () => Promise<T>): Promise<Exclude<NonNullable<T>, false>> {
    return eventually(ask, GIVE_UP_MS);
  }

  private ctx(tenantId: string) {
    return systemCtx(tenantId, { deadline: Date.now() + TRY_MS });
  }
}

const holdOf = (key: string) => ({ key, amount: '1', ttlSeconds: 86_400 });
