import assert from 'node:assert/strict';
import { amount, Clock, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { PostgresProxy, type CommitFault } from '@leadwire/testing';
import type { QueryResultRow } from 'pg';
import type { Answer, Command } from '../../src/ledger/command.js';
import type { Postings } from '../../src/ledger/open-postings.js';
import type { RatedUsage } from '../../src/usage/charging.js';
import { WalletModel, type Op, type Reply, type Usage } from './wallet-model.ts';
import { Resolver } from './drafts.ts';

/** What a run needs of billing: its sources in a test, what was built of them in a command. */
export type Billing = {
  openPostings: (databaseUrl: string, options: { clock: Clock }) => Promise<Postings>;
} & Pick<typeof import('../../src/audit/invariants.js'), 'violationsOf'> &
  Pick<typeof import('../../src/wallets/freezing.js'), 'freezeWallet' | 'unfreezeWallet'>;

export const STARTS_AT = Date.UTC(2026, 5, 1);
const DEADLINE_MS = 600_000;
const MICROS = 1_000_000;
const PRICE_ID = '019b0000-0000-7000-8000-000000000001';

/** Time that only a run moves, in any direction. */
export class ModelClock extends Clock {
  nowMs = STARTS_AT;

  now(): Date {
    return new Date(this.nowMs);
  }
}

/** Two replicas of the posting core on one database, each behind a proxy that can lose its commits. */
export class System {
  readonly billing: Billing;
  readonly clock: ModelClock;
  readonly replicas: readonly [Postings, Postings];
  readonly proxies: readonly [PostgresProxy, PostgresProxy];

  private constructor(
    billing: Billing,
    clock: ModelClock,
    replicas: readonly [Postings, Postings],
    proxies: readonly [PostgresProxy, PostgresProxy],
  ) {
    this.billing = billing;
    this.clock = clock;
    this.replicas = replicas;
    this.proxies = proxies;
  }

  /** @param databaseUrl of a migrated database, as the service's own role */
  static async open(billing: Billing, databaseUrl: string): Promise<System> {
    const clock = new ModelClock();
    const replica = async (proxy: PostgresProxy) => billing.openPostings(proxy.url(databaseUrl), { clock });
    const proxies = [await PostgresProxy.start(databaseUrl), await PostgresProxy.start(databaseUrl)] as const;
    const replicas = [await replica(proxies[0]), await replica(proxies[1])] as const;
    return new System(billing, clock, replicas, proxies);
  }

  /** Does some work that commits, and loses that commit. */
  async breaking(replica: 0 | 1, fault: CommitFault, work: () => Promise<unknown>): Promise<void> {
    const proxy = this.proxies[replica];
    proxy.breakNextCommit(fault);
    await assert.rejects(work, { code: 'request.unavailable' });
    assert.equal(proxy.calmDown(), false, 'there was a commit to break');
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.close();
    for (const proxy of this.proxies) await proxy.close();
  }
}

/** One wallet, what it should be, and what was asked of it so far. */
export class Subject {
  model = new WalletModel();
  readonly resolver = new Resolver();
  private readonly tenantId = newId();
  private readonly ids = new Map<string, string>();
  private readonly system: System;

  constructor(system: System) {
    this.system = system;
  }

  get ctx(): Ctx {
    return systemCtx(this.tenantId, { deadline: Date.now() + DEADLINE_MS });
  }

  get nowMs(): number {
    return this.system.clock.nowMs;
  }

  readonly idOf = (name: string): string => this.ids.get(name) ?? name;

  /** Sends commands so that they are one batch of one replica. */
  send(ops: Op[], replica: 0 | 1): Promise<Answer[]> {
    const { ctx } = this;
    const { queue } = this.system.replicas[replica];
    return Promise.all(ops.map((op) => queue.submit(ctx, this.command(op))));
  }

  /** Records usage as a consumer does. */
  record(uses: Usage[], replica: 0 | 1): Promise<Answer[]> {
    const { tenant, wallets, charging } = this.system.replicas[replica];
    return tenant.run(this.ctx, async (db) => {
      const wallet = await wallets.take(db);
      const answers = await charging.record(db, wallet, uses.map(ratedUsage));
      await wallet.save();
      return answers;
    });
  }

  /** What the sweeper does, here and in the model. */
  async sweep(): Promise<void> {
    this.model.sweep(this.nowMs, this.idOf);
    const { tenant, wallets, charging } = this.system.replicas[0];
    await tenant.run(this.ctx, async (db) => {
      const wallet = await wallets.take(db);
      await wallet.expire();
      await charging.chargePending(db, wallet);
      await wallet.save();
    });
  }

  async setFrozen(frozen: boolean): Promise<void> {
    this.model.status = frozen ? 'frozen' : 'active';
    if (!frozen) this.model.chargePending(this.nowMs, this.idOf);
    const { tenant, wallets, charging } = this.system.replicas[0];
    const { freezeWallet, unfreezeWallet } = this.system.billing;
    await tenant.run(this.ctx, async (db) => {
      const wallet = await wallets.take(db);
      if (frozen) {
        await freezeWallet(db, wallet, {
          cause: 'operator',
          reason: 'the model says so',
          now: new Date(this.nowMs),
        });
      } else {
        await unfreezeWallet(db, wallet);
        await charging.chargePending(db, wallet);
      }
      await wallet.save();
    });
  }

  /** Holds answers against the model's. @throws AssertionError naming the command */
  compare(ops: Op[], answers: Answer[], expected: Reply[]): void {
    this.learnIds(ops, answers);
    ops.forEach((op, i) => {
      const said = this.readAnswer(answers[i] as Answer);
      assert.deepEqual(said, this.written(expected[i] as Reply), `the answer to ${describe(op)}`);
    });
  }

  /** Whether these answers are what the model expects; says nothing of why not. */
  explains(ops: Op[], answers: Answer[], expected: Reply[]): boolean {
    try {
      this.compare(ops, answers, expected);
      return true;
    } catch {
      return false;
    }
  }

  /** Holds every row of the wallet against the model, and every invariant. @throws AssertionError */
  async check(): Promise<void> {
    const { tenant } = this.system.replicas[0];
    const query = <R extends object>(sql: string, params: unknown[]) =>
      tenant.read<R & QueryResultRow>(this.ctx, sql, params) as Promise<R[]>;
    const [rows, violations] = await Promise.all([
      query<{ state: object }>(WALLET_STATE, []),
      this.system.billing.violationsOf(query),
    ]);
    assert.deepEqual(violations, []);
    assert.deepEqual(rows[0]?.state, this.modelState(), 'the rows of the wallet');
  }

  private modelState(): object {
    const { model } = this;
    return {
      wallet: [model.status, text(model.balance), text(model.reserved), model.seq, model.exhausted],
      lots: Object.fromEntries(model.lots.map(({ seq, remaining }) => [seq, text(remaining)])),
      reservations: Object.fromEntries(
        [...model.reservations].map(([name, held]) => [
          this.idOf(name),
          [
            held.status,
            ...[held.authorized, held.captured, held.released, held.allotted].map(text),
            held.expiresAt,
          ],
        ]),
      ),
      usage: Object.fromEntries(
        [...model.usage].map(([key, { status, micros }]) => [key, [status, text(micros)]]),
      ),
      accounts: Object.fromEntries([...model.accounts].map(([account, sum]) => [account, text(sum)])),
      refusals: model.refusals,
    };
  }

  /** One command, one id, for ever: that of its posting, and of the lot or the reservation that it made. */
  private learnIds(ops: Op[], answers: Answer[]): void {
    ops.forEach(({ key }, i) => {
      const { ledgerId } = answers[i] as Answer;
      if (!ledgerId) return;
      assert.equal(this.ids.get(key) ?? ledgerId, ledgerId, `the id of ${key}`);
      this.ids.set(key, ledgerId);
    });
  }

  private readAnswer({ outcome, seq, balance, reserved, available, state }: Answer): object {
    return { outcome, seq, balance, reserved, available, state: state?.reservationId ? state : null };
  }

  private written({ outcome, seq, balance, reserved, available, state }: Reply): object {
    return {
      outcome,
      seq,
      balance: balance === null ? null : text(balance),
      reserved: reserved === null ? null : text(reserved),
      available: available === null ? null : text(available),
      state: state && {
        reservationId: this.idOf(state.reservation),
        status: state.status,
        held: text(state.held),
        captured: text(state.captured),
        expiresAt: state.expiresAt,
      },
    };
  }

  private command(op: Op): Command {
    const { key } = op;
    const money = (micros: bigint) => amount(text(micros));
    switch (op.kind) {
      case 'topup':
      case 'credit':
      case 'adjustment': {
        const { kind, micros, priority, expiresAt } = op;
        const until = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) };
        return {
          kind,
          key,
          amount: money(micros),
          referenceType: 'manual',
          ...until,
          ...(priority === undefined ? {} : { priority }),
        };
      }
      case 'debit':
        return { kind: 'debit', key, amount: money(op.micros), referenceType: 'manual' };
      case 'reserve': {
        const { ttlMs, parent, micros } = op;
        return {
          kind: 'reserve',
          key,
          amount: money(micros),
          ttlMs,
          ...(parent ? { parentId: this.idOf(parent) } : {}),
        };
      }
      case 'extend': {
        const { ttlMs, micros, reservation } = op;
        return { kind: 'extend', key, amount: money(micros), ttlMs, reservationId: this.idOf(reservation) };
      }
      case 'capture': {
        const { micros, reservation, close } = op;
        return { kind: 'capture', key, amount: money(micros), reservationId: this.idOf(reservation), close };
      }
      case 'release': {
        const { micros, reservation } = op;
        const part = micros === undefined ? {} : { amount: money(micros) };
        return { kind: 'release', key, reservationId: this.idOf(reservation), ...part };
      }
      case 'usage':
      case 'charge':
        throw new Error(`${op.kind} is recorded, not sent`);
    }
  }
}

/** What a command asks, for whoever reads a failure. */
export function describe(op: Op): string {
  return JSON.stringify(op, (_name, value: unknown) =>
    typeof value === 'bigint' ? Number(value) / MICROS : value,
  );
}

function text(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function ratedUsage({ key, micros, quantity, occurredAt }: Usage): RatedUsage {
  const item = {
    category: 'email',
    provider: 'model',
    model: null,
    unit: 'message',
    quantity: String(quantity),
    unitPrice: '0',
    priceId: PRICE_ID,
    priceEffectiveFrom: new Date(STARTS_AT).toISOString(),
    cost: text(micros),
  };
  return {
    key,
    feature: 'campaigns',
    items: [item],
    userId: null,
    reference: key,
    occurredAt: new Date(occurredAt),
    metadata: {},
    source: 'service',
  };
}

// Row-level security narrows each table to the tenant of the transaction.
const WALLET_STATE = `
  SELECT json_build_object(
    'wallet', json_build_array(w.status, w.current_balance::text, w.reserved_balance::text, w.last_seq, w.exhausted_at IS NOT NULL),
    'lots', (SELECT coalesce(json_object_agg(wallet_seq, remaining::text), '{}') FROM billing_credit_lots WHERE remaining > 0),
    'reservations', (
      SELECT coalesce(json_object_agg(id, json_build_array(status, authorized::text, captured::text, released::text,
        allotted::text, (extract(epoch FROM expires_at) * 1000)::bigint)), '{}')
      FROM billing_reservations),
    'usage', (SELECT coalesce(json_object_agg(idempotency_key, json_build_array(status, total_cost::text)), '{}')
              FROM billing_usage_events),
    'accounts', (SELECT coalesce(json_object_agg(account, balance::text), '{}') FROM billing_accounts),
    'refusals', (SELECT count(*) FROM billing_refusals)) AS state
  FROM billing_wallets w
  WHERE user_id IS NULL`;
