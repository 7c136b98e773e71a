import { amount, Clock, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { patient, TestDatabase } from '@leadwire/testing';
import pg from 'pg';
import { violationsOf, type Query, type Violation } from '../src/audit/invariants.js';
import { violationsOfTail } from '../src/audit/tail-checks.js';
import type { Answer, Command } from '../src/ledger/command.js';
import { openPostings, type Postings } from '../src/ledger/open-postings.js';
import { migrations } from '../src/migrations/index.js';

/** Time that stands until a test moves it. */
export class StandingClock extends Clock {
  private time = new Date('2026-06-01T00:00:00.000Z');

  now(): Date {
    return this.time;
  }

  forward(ms: number): void {
    this.time = new Date(this.time.getTime() + ms);
  }
}

/** Every broken invariant of every tenant of a database. */
export function violationsIn(database: TestDatabase): Promise<Violation[]> {
  return asOwner(database, (query) => violationsOf(query));
}

/** What the self-audit would find, had it to look at every ledger from its start. */
export function tailViolationsIn(database: TestDatabase): Promise<Violation[]> {
  return asOwner(database, async (query) => {
    const wallets = await query<{ walletId: string; to: number }>(
      'SELECT id AS "walletId", last_seq AS to FROM billing_wallets',
      [],
    );
    const found: Violation[] = [];
    for (const { walletId, to } of wallets)
      found.push(...(await violationsOfTail(query, { walletId, from: 0, hash: null, to, event: '0' })));
    return found;
  });
}

async function asOwner<T>(database: TestDatabase, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query('SET search_path = billing, public');
  try {
    return await work(
      async <R extends object>(sql: string, params: unknown[]) =>
        (await client.query(sql, params)).rows as R[],
    );
  } finally {
    await client.end();
  }
}

/** The posting core on a database of its own, with time that the test drives. */
export class Bench {
  private constructor(
    readonly database: TestDatabase,
    readonly clock: StandingClock,
    readonly postings: Postings,
  ) {}

  static async open(): Promise<Bench> {
    const database = await TestDatabase.create([{ service: 'billing', migrations }]);
    const clock = new StandingClock();
    return new Bench(database, clock, await openPostings(database.url('billing', 'app'), { clock }));
  }

  /** A tenant with so much paid in. */
  async funded(value: string): Promise<Ctx> {
    const ctx = this.tenant();
    if (value !== '0') await this.submit(ctx, topUp(value));
    return ctx;
  }

  tenant(): Ctx {
    return patient(systemCtx(newId()));
  }

  submit(ctx: Ctx, command: Command): Promise<Answer> {
    return this.postings.queue.submit(ctx, command);
  }

  /** A batch in one transaction, as a consumer posts it. */
  post(ctx: Ctx, commands: Command[]): Promise<Answer[]> {
    return this.postings.tenant.run(ctx, async (db) => {
      const wallet = await this.postings.wallets.take(db);
      const answers = await wallet.post(commands);
      await wallet.save();
      return answers;
    });
  }

  /** Posts what expired by now in a wallet that nobody touches. */
  expire(ctx: Ctx): Promise<number> {
    return this.postings.tenant.run(ctx, async (db) => (await this.postings.wallets.take(db)).expire());
  }

  async wallet(ctx: Ctx): Promise<{ balance: string; reserved: string; seq: string }> {
    const [row] = await this.database.query<{ balance: string; reserved: string; seq: string }>(
      `SELECT current_balance AS balance, reserved_balance AS reserved, last_seq AS seq
       FROM billing.billing_wallets WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    return row as { balance: string; reserved: string; seq: string };
  }

  violations(): Promise<Violation[]> {
    return violationsIn(this.database);
  }

  async close(): Promise<void> {
    await this.postings.close();
    await this.database.drop();
  }
}

type Over = { key?: string; description?: string };

export const topUp = (value: string, over: Over = {}): Command => ({
  kind: 'topup',
  key: newId(),
  amount: amount(value),
  referenceType: 'manual',
  ...over,
});

export const debit = (value: string, over: Over = {}): Command => ({
  kind: 'debit',
  key: newId(),
  amount: amount(value),
  referenceType: 'manual',
  ...over,
});

export const reserve = (value: string, ttlMs = 60_000, over: Over & { parentId?: string } = {}): Command => ({
  kind: 'reserve',
  key: newId(),
  amount: amount(value),
  ttlMs,
  ...over,
});

export const extend = (reservationId: string, value: string, ttlMs = 60_000, over: Over = {}): Command => ({
  kind: 'extend',
  key: newId(),
  amount: amount(value),
  reservationId,
  ttlMs,
  ...over,
});

export const capture = (reservationId: string, value: string, close = false, over: Over = {}): Command => ({
  kind: 'capture',
  key: newId(),
  amount: amount(value),
  reservationId,
  close,
  ...over,
});

export const release = (reservationId: string, value?: string, over: Over = {}): Command => ({
  kind: 'release',
  key: newId(),
  reservationId,
  ...(value === undefined ? {} : { amount: amount(value) }),
  ...over,
});
