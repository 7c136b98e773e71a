import { amount, newId, type Ctx } from '@leadwire/kernel';
import type { TenantTransaction } from '@leadwire/persistence';
import { caller, eventually } from '@leadwire/testing';
import type { Answer } from '../src/ledger/command.js';
import { POST_BATCH_MAX } from '../src/ledger/locked-wallet.js';
import { openPostings } from '../src/ledger/open-postings.js';
import { LANES_MAX, PostingQueue } from '../src/ledger/posting-queue.js';
import { Bench, debit, reserve, topUp } from './postings.js';

describe('the posting core', () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await bench.close();
  });

  const outcomes = (answers: Answer[]) => answers.map(({ outcome }) => outcome);
  const tally = (answers: Answer[]) => {
    const counts: Record<string, number> = {};
    for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };

  it('answers a repeated command as it answered the first time, for ever', async () => {
    const ctx = await bench.funded('10');
    const command = debit('4', { key: 'rent' });
    const first = await bench.submit(ctx, command);
    await bench.submit(ctx, debit('1'));
    expect(first).toMatchObject({ outcome: 'posted', seq: 2, balance: '6.000000' });
    expect(await bench.submit(ctx, command)).toEqual({ ...first, outcome: 'duplicate' });
    expect((await bench.wallet(ctx)).balance).toBe('5.000000');
  });

  it('never changes a refusal, though money has come in since', async () => {
    const ctx = await bench.funded('10');
    const command = debit('11', { key: 'too-much' });
    const first = await bench.submit(ctx, command);
    expect(first).toMatchObject({ outcome: 'insufficient', available: '10.000000', ledgerId: null });
    await bench.submit(ctx, topUp('100'));
    expect(await bench.submit(ctx, command)).toEqual(first);
    expect(await bench.submit(ctx, debit('11'))).toMatchObject({ outcome: 'posted' });
  });

  it('refuses a key that was used for something else, posted or refused, and changes nothing', async () => {
    const ctx = await bench.funded('10');
    await bench.submit(ctx, debit('4', { key: 'posted' }));
    await bench.submit(ctx, debit('40', { key: 'refused' }));
    expect((await bench.submit(ctx, debit('5', { key: 'posted' }))).outcome).toBe('conflict');
    expect((await bench.submit(ctx, debit('5', { key: 'refused' }))).outcome).toBe('conflict');
    expect((await bench.submit(ctx, topUp('4', { key: 'posted' }))).outcome).toBe('conflict');
    expect((await bench.submit(ctx, debit('4', { key: 'posted', description: 'x' }))).outcome).toBe(
      'conflict',
    );
    expect((await bench.wallet(ctx)).balance).toBe('6.000000');
  });

  it('takes one effect for one key though it comes twice in one batch', async () => {
    const ctx = await bench.funded('10');
    const command = debit('4', { key: 'twice' });
    const answers = await bench.post(ctx, [command, command, debit('5', { key: 'twice' }), debit('1')]);
    expect(outcomes(answers)).toEqual(['posted', 'duplicate', 'conflict', 'posted']);
    expect((await bench.wallet(ctx)).balance).toBe('5.000000');
  });

  it('lets a key of one tenant be used by another', async () => {
    const [one, other] = [await bench.funded('10'), await bench.funded('10')];
    expect((await bench.submit(one, debit('4', { key: 'same' }))).outcome).toBe('posted');
    expect((await bench.submit(other, debit('5', { key: 'same' }))).outcome).toBe('posted');
  });

  it('grants exactly six of twenty debits of 75 against 500, asked at once through two replicas', async () => {
    const ctx = await bench.funded('500');
    const replica = await openPostings(bench.database.url('billing', 'app'), { clock: bench.clock });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? bench.postings : replica).queue.submit(ctx, debit('75')),
      ),
    );
    await replica.close();
    expect(tally(answers)).toEqual({ posted: 6, insufficient: 14 });
    expect((await bench.wallet(ctx)).balance).toBe('50.000000');
  });

  it('grants exactly six of twenty holds of 75 against 500', async () => {
    const ctx = await bench.funded('500');
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.submit(ctx, reserve('75'))));
    expect(tally(answers)).toEqual({ posted: 6, insufficient: 14 });
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '500.000000', reserved: '450.000000' });
  });

  it('keeps 64 writers on one wallet, in two replicas and in transactions of their own, in one order', async () => {
    const ctx = await bench.funded('1000');
    const replica = await openPostings(bench.database.url('billing', 'app'), { clock: bench.clock });
    const writer = async (i: number) => {
      for (let n = 0; n < 8; n++) {
        if (i % 16 === 0) await bench.post(ctx, [debit('0.01'), topUp('0.01')]);
        else await (i % 2 === 0 ? bench.postings : replica).queue.submit(ctx, debit('0.01'));
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => writer(i)));
    await replica.close();
    const debits = 64 * 8;
    expect(await bench.wallet(ctx)).toEqual({
      balance: amount('1000')
        .sub(amount('0.01').mul(debits - 4 * 8))
        .toFixed(6),
      reserved: '0.000000',
      seq: String(1 + debits + 4 * 8),
    });
  });

  it('refuses amounts that are no money before anything is written', async () => {
    const ctx = await bench.funded('10');
    for (const bad of ['0.0000001', 'NaN', 'Infinity'])
      await expect(bench.submit(ctx, debit(bad))).rejects.toThrow('scale');
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '10.000000', seq: '1' });
  });

  it('refuses what a wallet cannot hold', async () => {
    const ctx = await bench.funded('90000000000000');
    expect((await bench.submit(ctx, topUp('10000000000000'))).outcome).toBe('limit');
    expect((await bench.wallet(ctx)).balance).toBe('90000000000000.000000');
  });

  it('lets an adjustment correct in both directions, but never below what is held', async () => {
    const ctx = await bench.funded('10');
    const adjust = (value: string) =>
      bench.submit(ctx, { kind: 'adjustment', key: newId(), amount: amount(value), referenceType: 'manual' });
    expect(await adjust('-2.5')).toMatchObject({ outcome: 'posted', balance: '7.500000' });
    await bench.submit(ctx, reserve('7'));
    expect((await adjust('-0.500001')).outcome).toBe('insufficient');
    expect(await adjust('1')).toMatchObject({ outcome: 'posted', balance: '8.500000' });
  });

  it('takes what is spent from what was given before what was paid, what ends first before the rest', async () => {
    const ctx = await bench.funded('10');
    const soon = new Date(bench.clock.now().getTime() + 1_000_000);
    const credit = (value: string, source: 'granted' | 'promotional', expiresAt?: Date) =>
      bench.submit(ctx, {
        kind: 'credit',
        key: newId(),
        amount: amount(value),
        referenceType: 'manual',
        source,
        ...(expiresAt ? { expiresAt } : {}),
      });
    await credit('3', 'granted');
    await credit('2', 'promotional');
    await credit('1', 'promotional', soon);
    await bench.submit(ctx, debit('4.5'));
    const lots = await bench.database.query<{ source: string; remaining: string; ends: boolean }>(
      `SELECT source, remaining, expires_at IS NOT NULL AS ends FROM billing.billing_credit_lots
       WHERE tenant_id = $1 ORDER BY wallet_seq`,
      [ctx.tenantId],
    );
    expect(lots.map(({ source, remaining, ends }) => [source, remaining, ends])).toEqual([
      ['prepaid', '10.000000', false],
      ['granted', '1.500000', false],
      ['promotional', '0.000000', false],
      ['promotional', '0.000000', true],
    ]);
  });

  it('posts what expired before anything else, so that nobody spends it', async () => {
    const ctx = await bench.funded('10');
    const expiresAt = new Date(bench.clock.now().getTime() + 60_000);
    await bench.submit(ctx, {
      kind: 'credit',
      key: newId(),
      amount: amount('5'),
      referenceType: 'manual',
      source: 'promotional',
      expiresAt,
    });
    await bench.submit(ctx, debit('2'));
    bench.clock.forward(60_000);
    expect(await bench.submit(ctx, debit('11'))).toMatchObject({
      outcome: 'insufficient',
      available: '10.000000',
    });
    const rows = await bench.database.query(
      `SELECT transaction_type, amount, counter_account FROM billing.billing_ledger_transactions
       WHERE tenant_id = $1 ORDER BY wallet_seq DESC LIMIT 1`,
      [ctx.tenantId],
    );
    expect(rows).toEqual([{ transaction_type: 'expiry', amount: '-3.000000', counter_account: 'breakage' }]);
  });

  it('keeps what is held for its holder past the end of the credit, and lets the rest expire when it is free again', async () => {
    const ctx = bench.tenant();
    const expiresAt = new Date(bench.clock.now().getTime() + 60_000);
    await bench.submit(ctx, {
      kind: 'credit',
      key: newId(),
      amount: amount('5'),
      referenceType: 'manual',
      source: 'granted',
      expiresAt,
    });
    const { state } = await bench.submit(ctx, reserve('4', 600_000));
    bench.clock.forward(60_000);
    await bench.expire(ctx);
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '4.000000', reserved: '4.000000' });
    const reservationId = state?.reservationId ?? '';
    await bench.submit(ctx, {
      kind: 'capture',
      key: newId(),
      amount: amount('1'),
      reservationId,
      close: true,
    });
    await bench.expire(ctx);
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '0.000000', reserved: '0.000000' });
  });

  it('never lets time run backwards in a wallet, whatever the clock says', async () => {
    const ctx = await bench.funded('10');
    bench.clock.forward(-3_600_000);
    await bench.submit(ctx, debit('1'));
    const rows = await bench.database.query<{ ordered: boolean }>(
      `SELECT bool_and(created_at >= before) AS ordered FROM (
         SELECT created_at, lag(created_at) OVER (ORDER BY wallet_seq) AS before
         FROM billing.billing_ledger_transactions WHERE tenant_id = $1) rows WHERE before IS NOT NULL`,
      [ctx.tenantId],
    );
    bench.clock.forward(3_600_000);
    expect(rows).toEqual([{ ordered: true }]);
  });

  it('announces each batch with its place and the head of the chain, in the same commit', async () => {
    const ctx = await bench.funded('10');
    await bench.post(ctx, [debit('1'), debit('2')]);
    const events = await bench.database.query<{ payload: Record<string, unknown> }>(
      `SELECT payload FROM billing.domain_events WHERE tenant_id = $1 AND event_type = 'billing.wallet.posted' ORDER BY seq`,
      [ctx.tenantId],
    );
    const [head] = await bench.database.query<{ hash: string }>(
      `SELECT encode(head_hash, 'hex') AS hash FROM billing.billing_wallets WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    expect(events.map(({ payload }) => [payload['fromSeq'], payload['toSeq']])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(events.at(-1)?.payload).toMatchObject({ hash: head?.hash, balance: '7.000000', currency: 'USD' });
  });

  it('leaves no posting without its event', async () => {
    const rows = await bench.database.query(
      `SELECT l.id FROM billing.billing_ledger_transactions l
       WHERE (SELECT count(*) FROM billing.domain_events e
              WHERE e.aggregate_id = l.wallet_id AND e.event_type = 'billing.wallet.posted'
                AND l.wallet_seq BETWEEN (e.payload ->> 'fromSeq')::bigint AND (e.payload ->> 'toSeq')::bigint) <> 1`,
    );
    expect(rows).toEqual([]);
  });

  it('answers that it is busy instead of queueing without end', async () => {
    const ctx = await bench.funded('1000');
    const flood = Array.from({ length: 2_100 }, () =>
      bench.submit(ctx, debit('0.001')).then(
        ({ outcome }) => outcome,
        ({ code }: { code: string }) => code,
      ),
    );
    const all = await Promise.all(flood);
    expect(all.filter((answer) => answer === 'request.unavailable')).toHaveLength(100);
    expect(all.filter((answer) => answer === 'posted')).toHaveLength(2_000);
  });

  it('answers a calm wallet before the queue of any hot one is empty, though there are more of them than lanes', async () => {
    const BATCHES = 3;
    const hot = await Promise.all(Array.from({ length: LANES_MAX + 1 }, () => bench.funded('1000')));
    const calm = await bench.funded('10');

    // Time plays no part: no wallet's second batch goes on before the calm one is answered, unless nobody is left to answer it.
    const turns: string[] = [];
    let held = 0;
    let letGo = () => {};
    const goOn = new Promise<void>((resolve) => (letGo = resolve));
    const turnsOf = ({ tenantId }: Ctx) => turns.filter((turn) => turn === tenantId).length;
    const { tenant, wallets, charging } = bench.postings;
    const watched = Object.create(tenant) as TenantTransaction;
    watched.call = async (ctx, ...asked) => {
      turns.push(ctx.tenantId);
      if (turnsOf(ctx) > 1) {
        if (++held === LANES_MAX) letGo();
        await goOn;
      }
      return tenant.call(ctx, ...asked);
    };
    const queue = new PostingQueue(watched, wallets, charging, bench.clock);

    const flood = hot.flatMap((ctx) =>
      Array.from({ length: (BATCHES - 1) * POST_BATCH_MAX + 1 }, () => queue.submit(ctx, debit('0.001'))),
    );
    const neighbour = await queue.submit(calm, debit('1'));
    const begun = hot.map(turnsOf);
    letGo();
    expect(neighbour.outcome).toBe('posted');
    expect(Math.max(...begun)).toBeLessThan(BATCHES);
    expect(turns.indexOf(calm.tenantId)).toBe(hot.length);
    expect(tally(await Promise.all(flood))).toEqual({ posted: flood.length });
    expect(hot.map(turnsOf)).toEqual(hot.map(() => BATCHES));
  });

  it('does not post what nobody waits for any more', async () => {
    const ctx = await bench.funded('10');
    const late: Ctx = { ...ctx, deadline: Date.now() - 1 };
    await expect(bench.submit(late, debit('1'))).rejects.toMatchObject({ code: 'request.timeout' });
    expect((await bench.wallet(ctx)).balance).toBe('10.000000');
  });

  it('posts each command once though the database drops every connection again and again', async () => {
    const ctx = await bench.funded('100');
    const commands = Array.from({ length: 200 }, (_, i) => debit('0.01', { key: `drop-${i}` }));
    const persist = (i: number) =>
      eventually(() => bench.submit({ ...ctx, deadline: Date.now() + 5_000 }, commands[i] as never));
    const work = Promise.all(commands.map((_, i) => persist(i)));
    for (let i = 0; i < 5; i++)
      await bench.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'billing_app'`,
      );
    expect(outcomes(await work).every((outcome) => outcome === 'posted' || outcome === 'duplicate')).toBe(
      true,
    );
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '98.000000', seq: '201' });
  });

  it.each([
    `INSERT INTO billing_ledger_transactions (id) VALUES (gen_random_uuid())`,
    `UPDATE billing_wallets SET current_balance = 1`,
    `UPDATE billing_wallets SET reserved_balance = 0`,
    `UPDATE billing_credit_lots SET remaining = granted`,
    `DELETE FROM lot_consumptions`,
    `UPDATE billing_reservations SET released = 0`,
    `DELETE FROM billing_refusals`,
    `UPDATE billing_accounts SET balance = 0`,
    `UPDATE billing_usage_events SET status = 'pending'`,
    `SELECT move_reservation(NULL, NULL, NULL, now(), 0, NULL)`,
    `UPDATE user_credits SET monthly_usage = 0`,
    `INSERT INTO credit_transactions (id) VALUES (gen_random_uuid())`,
    `UPDATE billing_quota_counters SET day_used = 0`,
    `SELECT take_quota(NULL, NULL, 0, now(), NULL)`,
    `SELECT draw_credit(NULL, NULL, 0, 0, NULL, now(), NULL)`,
  ])('gives the service itself no other way to move money: %s', async (sql) => {
    const work = bench.postings.tenant.run(caller(), (db) => db.execute(sql));
    await expect(work).rejects.toMatchObject({ code: '42501' });
  });

  it('posts on no wallet of another tenant, though asked by its id', async () => {
    const victim = await bench.funded('10');
    const [wallet] = await bench.database.query<{ id: string }>(
      'SELECT id FROM billing.billing_wallets WHERE tenant_id = $1',
      [victim.tenantId],
    );
    const post = (tenantId: string) =>
      bench.postings.tenant.run(caller(), (db) =>
        db.query(`SELECT post_batch($1, $2, now(), '[]', gen_random_uuid(), 0, '{}')`, [
          tenantId,
          wallet?.id,
        ]),
      );
    await expect(post(victim.tenantId)).rejects.toMatchObject({ code: 'P0002' });
    await expect(post(newId())).rejects.toMatchObject({ code: 'P0002' });
    const alone = bench.postings.tenant.run(caller(), (db) =>
      db.query(`SELECT post_batch($1, NULL, now(), '[]', gen_random_uuid(), 0, '{}')`, [victim.tenantId]),
    );
    await expect(alone).rejects.toMatchObject({ code: '42501' });
  });
});
