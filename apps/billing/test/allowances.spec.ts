import { newId, type Ctx } from '@leadwire/kernel';
import type { Answer, Command } from '../src/ledger/command.js';
import { openPostings, type Postings } from '../src/ledger/open-postings.js';
import { setAllowance, usage } from './limits.js';
import { Bench, capture, extend, release, reserve } from './postings.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

describe('allowances of members', () => {
  let bench: Bench;
  let replica: Postings;

  beforeAll(async () => {
    bench = await Bench.open();
    replica = await openPostings(bench.database.url('billing', 'app'), { clock: bench.clock });
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await replica.close();
    await bench.close();
  });

  const by = (userId: string, command: Command): Command => ({ ...command, createdBy: userId });
  const hold = (userId: string, value: string, ttlMs = 40 * DAY_MS): Command =>
    by(userId, reserve(value, ttlMs));
  const idOf = ({ state }: Answer) => state?.reservationId ?? '';
  /** Left, spent, held. */
  const credit = async (ctx: Ctx, userId: string) => {
    const [row] = await bench.database.query<Record<'balance' | 'spent' | 'held', string>>(
      `SELECT balance, monthly_usage AS spent, held FROM billing.user_credits WHERE tenant_id = $1 AND user_id = $2`,
      [ctx.tenantId, userId],
    );
    return [Number(row?.balance), Number(row?.spent), Number(row?.held)];
  };
  const changes = (ctx: Ctx) =>
    bench.database.query<{ type: string; amount: string; left: string }>(
      `SELECT transaction_type AS type, amount::float::text AS amount, balance_after::float::text AS left
       FROM billing.credit_transactions WHERE tenant_id = $1 ORDER BY user_credit_id, seq`,
      [ctx.tenantId],
    );
  const member = async (allowance: string, funds = '100') => {
    const ctx = await bench.funded(funds);
    const userId = newId();
    await setAllowance(bench, ctx, userId, allowance);
    return { ctx, userId };
  };

  it('are drawn by what their member spends and holds, each step with what was left before and after', async () => {
    const { ctx, userId } = await member('10');
    await bench.post(ctx, [usage('100', { userId })]);
    expect(await credit(ctx, userId)).toEqual([9, 1, 0]);
    const held = idOf(await bench.submit(ctx, hold(userId, '4')));
    await bench.submit(ctx, by(userId, extend(held, '1', 40 * DAY_MS)));
    expect(await credit(ctx, userId)).toEqual([4, 1, 5]);
    await bench.submit(ctx, capture(held, '2'));
    expect(await credit(ctx, userId)).toEqual([4, 3, 3]);
    await bench.submit(ctx, release(held));
    expect(await credit(ctx, userId)).toEqual([7, 3, 0]);
    expect(await changes(ctx)).toEqual([
      { type: 'allowance', amount: '10', left: '10' },
      { type: 'usage', amount: '-1', left: '9' },
      { type: 'hold', amount: '-4', left: '5' },
      { type: 'hold', amount: '-1', left: '4' },
      { type: 'usage', amount: '0', left: '4' },
      { type: 'release', amount: '3', left: '7' },
    ]);
  });

  it('refuse what is gated when too little is left, for ever under that key, and take nothing', async () => {
    const { ctx, userId } = await member('10');
    const held = idOf(await bench.submit(ctx, hold(userId, '8')));
    const more = hold(userId, '3');
    expect(await bench.submit(ctx, more)).toMatchObject({ outcome: 'allowance', available: '2.000000' });
    expect(await bench.submit(ctx, by(userId, extend(held, '3')))).toMatchObject({ outcome: 'allowance' });
    await bench.submit(ctx, release(held));
    expect(await bench.submit(ctx, more)).toMatchObject({ outcome: 'allowance', available: '2.000000' });
    expect((await bench.submit(ctx, hold(userId, '3'))).outcome).toBe('posted');
    expect((await bench.submit(ctx, hold(newId(), '30'))).outcome).toBe('posted');
  });

  it('do not refuse usage that has happened: the wallet pays, nothing is left, and the team hears of it once', async () => {
    const { ctx, userId } = await member('2');
    await bench.post(ctx, [usage('150', { userId }), usage('150', { userId }), usage('50', { userId })]);
    expect(await credit(ctx, userId)).toEqual([0, 3.5, 0]);
    expect((await bench.wallet(ctx)).balance).toBe('96.500000');
    expect(await bench.submit(ctx, hold(userId, '0.01'))).toMatchObject({ outcome: 'allowance' });
    const events = await bench.database.query<{ payload: object }>(
      `SELECT payload FROM billing.domain_events WHERE tenant_id = $1 AND event_type = 'billing.allowance.used-up'`,
      [ctx.tenantId],
    );
    expect(events).toMatchObject([{ payload: { userId, monthlyUsage: '3.000000' } }]);
  });

  it('are given back what is voided', async () => {
    const { ctx, userId } = await member('2');
    const use = usage('150', { userId });
    await bench.post(ctx, [use]);
    await bench.post(ctx, [{ kind: 'void', key: newId(), usageId: use.usage.id, description: 'mistake' }]);
    expect(await credit(ctx, userId)).toEqual([2, 0, 0]);
  });

  it('draw usage that waits for funds when it is paid', async () => {
    const { ctx, userId } = await member('5', '0.5');
    const use = usage('100', { userId });
    await bench.post(ctx, [use]);
    expect(await credit(ctx, userId)).toEqual([5, 0, 0]);
    await bench.post(ctx, [
      { kind: 'topup', key: newId(), amount: use.amount, referenceType: 'manual' },
      { kind: 'charge', key: use.key, amount: use.amount, usageId: use.usage.id },
    ]);
    expect(await credit(ctx, userId)).toEqual([4, 1, 0]);
  });

  it('let exactly six of twenty holds of 75 against 500 through, asked at once through two replicas', async () => {
    const { ctx, userId } = await member('500', '10000');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? bench.postings : replica).queue.submit(ctx, hold(userId, '75')),
      ),
    );
    expect(answers.filter(({ outcome }) => outcome === 'posted')).toHaveLength(6);
    expect(await credit(ctx, userId)).toEqual([50, 0, 450]);
  });

  it('count what is drawn from a budget for whoever holds the budget, once', async () => {
    const { ctx, userId } = await member('10');
    const other = newId();
    await setAllowance(bench, ctx, other, '1');
    const budget = idOf(await bench.submit(ctx, hold(userId, '8')));
    const call = idOf(await bench.submit(ctx, by(other, reserve('5', DAY_MS, { parentId: budget }))));
    await bench.submit(ctx, capture(call, '3', true));
    expect(await credit(ctx, userId)).toEqual([2, 3, 5]);
    expect(await credit(ctx, other)).toEqual([1, 0, 0]);
  });

  it('are given back what lapses', async () => {
    const { ctx, userId } = await member('10');
    await bench.submit(ctx, hold(userId, '8', MINUTE_MS));
    bench.clock.forward(2 * MINUTE_MS);
    await bench.expire(ctx);
    expect(await credit(ctx, userId)).toEqual([10, 0, 0]);
  });

  it('count what is held already when they are set, follow a change, and count nothing once taken away', async () => {
    const ctx = await bench.funded('100');
    const userId = newId();
    const held = idOf(await bench.submit(ctx, hold(userId, '4')));
    await setAllowance(bench, ctx, userId, '10');
    expect(await credit(ctx, userId)).toEqual([6, 0, 4]);
    await setAllowance(bench, ctx, userId, '3');
    expect(await credit(ctx, userId)).toEqual([0, 0, 4]);
    await setAllowance(bench, ctx, userId, null);
    await bench.submit(ctx, release(held));
    expect((await bench.submit(ctx, hold(userId, '50'))).outcome).toBe('posted');
    expect(await credit(ctx, userId)).toEqual([0, 0, 0]);
  });

  it('begin anew with the month: in the first posting, without what is still held', async () => {
    const { ctx, userId } = await member('10');
    await bench.post(ctx, [usage('700', { userId })]);
    const held = idOf(await bench.submit(ctx, hold(userId, '2', 90 * DAY_MS)));
    expect(await credit(ctx, userId)).toEqual([1, 7, 2]);
    bench.clock.forward(31 * DAY_MS);
    expect((await bench.submit(ctx, hold(userId, '8'))).outcome).toBe('posted');
    expect(await credit(ctx, userId)).toEqual([0, 0, 10]);
    await bench.submit(ctx, capture(held, '2', true));
    expect(await credit(ctx, userId)).toEqual([0, 2, 8]);
    expect((await changes(ctx)).map(({ type }) => type)).toEqual([
      'allowance',
      'usage',
      'hold',
      'reset',
      'hold',
      'usage',
    ]);
  });

  it('begin anew for who does nothing, once, though two look after it at once', async () => {
    const { ctx, userId } = await member('10');
    await bench.post(ctx, [usage('700', { userId })]);
    bench.clock.forward(31 * DAY_MS);
    const reset = ({ tenant, wallets }: Postings) =>
      tenant.run(ctx, async (db) => {
        await wallets.take(db);
        const [row] = await db.query<{ started: number }>('SELECT reset_allowances($1, $2) AS started', [
          ctx.tenantId,
          bench.clock.now(),
        ]);
        return row?.started;
      });
    expect((await Promise.all([reset(bench.postings), reset(replica)])).sort()).toEqual([0, 1]);
    expect(await credit(ctx, userId)).toEqual([10, 0, 0]);
    const [due] = await bench.database.query<{ due: Date }>(
      'SELECT reset_due AS due FROM billing.limit_upkeep WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    const now = bench.clock.now();
    expect(due?.due).toEqual(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)));
  });

  it('are found out by the audit when what was spent or held was changed by hand', async () => {
    const { ctx, userId } = await member('10');
    await bench.post(ctx, [usage('100', { userId })]);
    const change = (by: string) =>
      bench.database.query(
        `UPDATE billing.user_credits SET monthly_usage = monthly_usage + $2, balance = balance - $2 WHERE tenant_id = $1`,
        [ctx.tenantId, by],
      );
    await change('-0.5');
    const found = await bench.violations();
    expect(found.map(({ invariant, row }) => [invariant.slice(0, 3), row])).toEqual([
      ['I19', userId],
      ['I19', userId],
    ]);
    await change('0.5');
  });

  it('are not changed by hand: what was written stays, and only the posting function writes', async () => {
    const { ctx } = await member('10');
    const run = (sql: string) => bench.postings.tenant.run(ctx, (db) => db.execute(sql));
    await expect(run('UPDATE credit_transactions SET amount = 0')).rejects.toMatchObject({ code: '42501' });
    await expect(run('UPDATE user_credits SET monthly_allowance = 99')).rejects.toMatchObject({
      code: '42501',
    });
  });
});
