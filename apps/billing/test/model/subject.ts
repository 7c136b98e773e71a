import assert from 'node:assert/strict';
import { amount, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { QueryResultRow } from 'pg';
import type { Answer } from '../../src/ledger/command.js';
import type { LockedWallet } from '../../src/ledger/locked-wallet.js';
import type { Postings } from '../../src/ledger/open-postings.js';
import { withBigints, type Feature, type Op, type Person, type Rate, type Reply, type Usage } from './ops.ts';
import type { Terms } from './limits-model.ts';
import { Resolver, type Correction } from './resolver.ts';
import type { Replica, System } from './system.ts';
import { WalletModel } from './wallet-model.ts';
import { expectedState, WALLET_STATE } from './wallet-state.ts';
import { answerOf, commandOf, money, pricedItem, usageOf, type UsageRow } from './wording.ts';

const DEADLINE_MS = 600_000;
const USAGE = `SELECT idempotency_key AS key, id, usage_items AS items FROM billing_usage_events WHERE idempotency_key = ANY ($1)`;
/** What of a voided use lets its successor be recorded; a repeated wish says so too. */
const ENDED: ReadonlySet<string> = new Set(['posted', 'voided', 'duplicate']);

type Work = (db: TenantDb, wallet: LockedWallet, postings: Postings) => Promise<unknown>;

/** One wallet, what it should be, and what was asked of it so far. */
export class Subject {
  model = new WalletModel();
  readonly resolver = new Resolver();
  private readonly tenantId = newId();
  private readonly ids = new Map<string, string>([
    ['ann', newId()],
    ['bob', newId()],
  ]);
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
  async send(ops: Op[], replica: Replica): Promise<Answer[]> {
    const usageIds = await this.usageIds(ops, replica);
    const idOf = (name: string) => usageIds.get(name) ?? this.idOf(name);
    const { ctx } = this;
    const { queue } = this.system.replicas[replica];
    return Promise.all(ops.map((op) => queue.submit(ctx, commandOf(op as Exclude<Op, Usage>, idOf))));
  }

  /** Records usage as a consumer does. */
  async record(uses: Usage[], replica: Replica): Promise<Answer[]> {
    let answers: Answer[] = [];
    await this.holding(async (db, wallet, { charging }) => {
      answers = await charging.record(
        db,
        wallet,
        uses.map((use) => usageOf(use, this.idOf)),
      );
    }, replica);
    return answers;
  }

  /** Gives usage prices that it lacked, and charges it. */
  async rate(rates: Rate[], replica: Replica): Promise<Answer[]> {
    let answers: Answer[] = [];
    await this.holding(async (db, wallet, { charging }) => {
      const rows = await usageRows(db, rates);
      const named = rates.map((rate) => ({ rate, row: rows.get(rate.usage) as UsageRow }));
      answers = await wallet.post(
        named.map(({ rate: { key, micros }, row: { id, items } }) => ({
          kind: 'rate',
          key,
          amount: amount(money(micros)),
          usageId: id,
          items: items.slice(0, 1).map((item) => pricedItem(item, micros)),
        })),
      );
      const found = named.filter((_, i) => answers[i]?.outcome === 'rated');
      const feature = 'campaigns';
      await charging.charge(
        db,
        wallet,
        found.map(({ rate, row }) => ({ id: row.id, key: rate.usage, feature, cost: money(rate.micros) })),
      );
    }, replica);
    return answers;
  }

  /** Voids usage and records what it was instead, in one transaction. @returns the answers of both, successors where they are */
  async correct(corrections: Correction[], replica: Replica): Promise<{ ended: Answer[]; stand: Answer[] }> {
    const answers = { ended: [] as Answer[], stand: [] as Answer[] };
    await this.holding(async (db, wallet, { charging }) => {
      const { quotaTimesOf, overageAfter } = this.system.billing;
      const rows = await usageRows(
        db,
        corrections.map(({ ends }) => ends),
      );
      const idOf = (name: string) => rows.get(name)?.id ?? this.idOf(name);
      const quotaTimes = await quotaTimesOf(
        db,
        [...rows.values()].map(({ id }) => id),
      );
      answers.ended = await wallet.post(corrections.map(({ ends }) => commandOf(ends, idOf)));
      const done = corrections.filter((_, i) => ENDED.has(answers.ended[i]?.outcome ?? ''));
      const stand = done.map(({ ends, stands }) => {
        const { id, items } = rows.get(ends.usage) as UsageRow;
        const overage = overageAfter(items, String(stands.quantity));
        return usageOf(stands, this.idOf, { corrects: id, quotaAt: quotaTimes.get(id) ?? null, overage });
      });
      answers.stand = await charging.record(db, wallet, stand);
      await charging.chargePending(db, wallet);
    }, replica);
    return answers;
  }

  /** What the model says of the same. */
  expectCorrected(corrections: Correction[]): { ended: Reply[]; done: Usage[]; stand: Reply[] } {
    const { model, nowMs, idOf } = this;
    const ended = model.post(
      corrections.map(({ ends }) => ends),
      nowMs,
      idOf,
    );
    const done = corrections.flatMap(({ stands }, i) => (ENDED.has(ended[i]?.outcome ?? '') ? [stands] : []));
    const stand = model.record(done, nowMs, idOf);
    model.chargePending(nowMs, idOf);
    return { ended, done, stand };
  }

  /** What the sweepers do, here and in the model. */
  async sweep(): Promise<void> {
    this.model.sweep(this.nowMs, this.idOf);
    await this.holding(async (db, wallet, { charging }) => {
      await wallet.expire();
      await charging.chargePending(db, wallet);
      await charging.chargeAwaitingQuota(db, wallet);
      await db.query('SELECT reset_allowances($1, $2)', [db.tenantId, new Date(this.nowMs)]);
    });
  }

  async setFrozen(frozen: boolean): Promise<void> {
    this.model.frozen = frozen;
    if (!frozen) this.model.chargePending(this.nowMs, this.idOf);
    const { freezeWallet, unfreezeWallet } = this.system.billing;
    await this.holding(async (db, wallet, { charging }) => {
      const now = new Date(this.nowMs);
      if (frozen) return freezeWallet(db, wallet, { cause: 'operator', reason: 'the model says so', now });
      await unfreezeWallet(db, wallet);
      return charging.chargePending(db, wallet);
    });
  }

  async setSuspended(suspended: boolean): Promise<void> {
    this.model.suspended = suspended;
    if (!suspended) this.model.chargePending(this.nowMs, this.idOf);
    await this.holding(async (db, wallet, { charging }) => {
      await this.system.billing.setSuspended(db, wallet.id, 'dispute', suspended);
      if (!suspended) await charging.chargePending(db, wallet);
    });
  }

  async close(): Promise<void> {
    this.model.closed = true;
    await this.holding((db) => this.system.billing.closeWallets(db));
  }

  async entitle(feature: Feature, terms: Terms): Promise<void> {
    this.model.entitle(feature, terms, this.nowMs);
    const { enabled, monthly, daily, overages, rate } = terms;
    // A rate has four decimals more than money.
    const perPiece =
      rate === null ? null : `${money(rate / 10_000n)}${String(rate % 10_000n).padStart(4, '0')}`;
    await this.holding((db) =>
      db.query(`SELECT set_entitlement($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9)`, [
        db.tenantId,
        newId(),
        feature,
        enabled,
        monthly,
        daily,
        overages,
        perPiece,
        new Date(this.nowMs),
      ]),
    );
  }

  async allow(person: Person, allowance: bigint | null): Promise<void> {
    this.model.allow(person, allowance, this.nowMs);
    const value = allowance === null ? null : money(allowance);
    await this.holding((db) =>
      db.query('SELECT set_allowance($1, $2, $3, $4, NULL, $5)', [
        db.tenantId,
        newId(),
        this.idOf(person),
        value,
        new Date(this.nowMs),
      ]),
    );
  }

  /** Holds answers against the model's. @throws AssertionError naming the command */
  compare(ops: Op[], answers: Answer[], expected: Reply[]): void {
    this.learnIds(ops, answers);
    assert.equal(answers.length, ops.length);
    ops.forEach((op, i) => {
      const said = readAnswer(answers[i] as Answer);
      const wanted = answerOf(expected[i] as Reply, this.idOf);
      if (JSON.stringify(said) === JSON.stringify(wanted)) return;
      assert.deepEqual(said, wanted, `the answer to ${JSON.stringify(op, withBigints)}`);
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
    // No payment provider is here: what goes back to its payer goes back for none, and only I15 asks for which.
    assert.deepEqual(
      violations.filter(({ invariant }) => !invariant.startsWith('I15:')),
      [],
    );
    assert.deepEqual(rows[0]?.state, expectedState(this.model, this.idOf), 'the rows of the wallet');
    assert.deepEqual(this.model.forgotten, [], 'usage that waits for what nobody will notice');
  }

  private async holding(work: Work, replica: Replica = 0): Promise<void> {
    const postings = this.system.replicas[replica];
    await postings.tenant.run(this.ctx, async (db) => {
      const wallet = await postings.wallets.take(db);
      await work(db, wallet, postings);
      await wallet.save();
    });
  }

  /** Asks past the replica whose commits may break. */
  private async usageIds(ops: Op[], replica: Replica): Promise<Map<string, string>> {
    const keys = ops.flatMap((op) => (op.kind === 'void' ? [op.usage] : []));
    if (keys.length === 0) return new Map();
    const other = this.system.replicas[replica === 0 ? 1 : 0];
    const rows = await other.tenant.read<UsageRow>(this.ctx, USAGE, [keys]);
    return new Map(rows.map(({ key, id }) => [key, id]));
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
}

async function usageRows(db: TenantDb, named: { usage: string }[]): Promise<Map<string, UsageRow>> {
  const rows = await db.query<UsageRow>(USAGE, [named.map(({ usage }) => usage)]);
  return new Map(rows.map((row) => [row.key, row]));
}

// The words of a refusal are for people.
function readAnswer({ outcome, seq, balance, reserved, available, state }: Answer): object {
  const { text: _, ...facts } = state ?? {};
  return { outcome, seq, balance, reserved, available, state: Object.keys(facts).length > 0 ? facts : null };
}
