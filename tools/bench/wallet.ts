import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { amount, newId, systemCtx } from '@leadwire/kernel';
import { migrateAll, roleUrl } from '@leadwire/persistence';
import pg from 'pg';
import { ROOT } from '../infra/paths.ts';
import { startInfrastructure } from './infrastructure.ts';
import { quantile } from './machine.ts';

const CALLERS = 64;
const SPREAD_WALLETS = 1_000;
const ROUND_MS = 5_000;
const WARM_UP_MS = 1_500;
/** Rows of one wallet before and after: how its cost grows with its history. */
const HISTORY_SHORT = 10_000;
const HISTORY_LONG = 1_000_000;
const FUNDS = '1000000';
const DEBIT = '0.0123';
const ROLE_SECRET = 'bench';
const BILLING = join(ROOT, 'apps', 'billing', 'dist');

type Postings = Awaited<
  ReturnType<typeof import('../../apps/billing/src/ledger/open-postings.ts').openPostings>
>;
type Measured = { perSecond: number; p99Ms: number };

/** Debits through the posting core and, beside them, the same rows written the plain way: one transaction each. */
export async function benchWallet(): Promise<{
  walletPostingsPerSecond: number;
  walletPostingsP99Ms: number;
  walletRatio: number;
  spreadRatio: number;
  historyCostRatio: number;
  plainPerSecond: number;
  spreadPerSecond: number;
  plainSpreadPerSecond: number;
}> {
  const load = async (file: string) => import(pathToFileURL(join(BILLING, file)).href);
  const { migrations } = await load('migrations/index.js');
  const { openPostings } = await load('ledger/open-postings.js');
  const { postgres, stop } = await startInfrastructure();
  const { adminUrl } = postgres;
  await migrateAll({ adminUrl, roleSecret: ROLE_SECRET, services: [{ service: 'billing', migrations }] });
  const postings: Postings = await openPostings(roleUrl(adminUrl, ROLE_SECRET, 'billing', 'app'));
  const plain = new pg.Pool({ connectionString: adminUrl, max: CALLERS });
  try {
    const core = (tenants: string[]) => measure(tenants, (tenantId) => debit(postings, tenantId));
    const byHand = (tenants: string[]) => measure(tenants, (tenantId) => debitPlainly(plain, tenantId));
    const hot = await fundedWallets(postings, 1);
    const many = await fundedWallets(postings, SPREAD_WALLETS);
    const plainOne = await byHand(await fundedWallets(postings, 1));
    const one = await core(hot);
    const plainSpread = await byHand(await fundedWallets(postings, SPREAD_WALLETS));
    const spread = await core(many);
    const [aging] = await fundedWallets(postings, 1);
    const aged = async (rows: number): Promise<number> => {
      await ageTo(plain, aging as string, rows);
      // Of two rounds the better one: a ratio near one must not hang on what else the machine did meanwhile.
      const rounds = [await core([aging as string]), await core([aging as string])];
      return Math.max(...rounds.map(({ perSecond }) => perSecond));
    };
    const young = await aged(HISTORY_SHORT);
    const old = await aged(HISTORY_LONG);
    return {
      walletPostingsPerSecond: one.perSecond,
      walletPostingsP99Ms: one.p99Ms,
      walletRatio: one.perSecond / plainOne.perSecond,
      spreadRatio: spread.perSecond / plainSpread.perSecond,
      historyCostRatio: young / old,
      plainPerSecond: plainOne.perSecond,
      spreadPerSecond: spread.perSecond,
      plainSpreadPerSecond: plainSpread.perSecond,
    };
  } finally {
    await plain.end();
    await postings.close();
    await stop();
  }
}

async function fundedWallets({ queue }: Postings, count: number): Promise<string[]> {
  const tenants = Array.from({ length: count }, () => newId());
  await Promise.all(
    tenants.map((tenantId) =>
      queue.submit(systemCtx(tenantId, { deadline: Date.now() + 60_000 }), {
        kind: 'topup',
        key: 'fund',
        amount: amount(FUNDS),
        referenceType: 'manual',
      }),
    ),
  );
  return tenants;
}

async function debit({ queue }: Postings, tenantId: string): Promise<void> {
  const { outcome } = await queue.submit(systemCtx(tenantId), {
    kind: 'debit',
    key: newId(),
    amount: amount(DEBIT),
    referenceType: 'manual',
  });
  if (outcome !== 'posted') throw new Error(`a debit was answered with ${outcome}`);
}

const WRITE_PLAINLY = `
  WITH posted AS (
    INSERT INTO billing.billing_ledger_transactions (id, tenant_id, wallet_id, wallet_seq, transaction_type, amount,
      balance_before, balance_after, reference_type, idempotency_key, request_hash, counter_account, hash, lot_id)
    VALUES ($1, $2, $3, $4, 'debit', -${DEBIT}, $5, $5::numeric - ${DEBIT}, 'manual', $6, '', 'revenue', '', $7)
  )
  INSERT INTO billing.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
  VALUES ($8, $2, 'billing.wallet.posted', 'wallet', $3, '{}', '{}')`;

const CHANGE_PLAINLY = `
  WITH lot AS (
    UPDATE billing.billing_credit_lots SET remaining = remaining - ${DEBIT} WHERE tenant_id = $1 AND id = $4
  ), account AS (
    INSERT INTO billing.billing_accounts AS x (tenant_id, currency, account, balance) VALUES ($1, 'USD', 'revenue', ${DEBIT})
    ON CONFLICT (tenant_id, currency, account) DO UPDATE SET balance = x.balance + excluded.balance
  )
  UPDATE billing.billing_wallets SET current_balance = current_balance - ${DEBIT}, last_seq = $3 WHERE tenant_id = $1 AND id = $2`;

/** What a careful service does without a posting core: BEGIN; SELECT … FOR UPDATE; INSERT; UPDATE; COMMIT, and no chain. */
async function debitPlainly(pool: pg.Pool, tenantId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query(
      `SELECT w.id, w.last_seq + 1 AS seq, w.current_balance AS balance, l.id AS lot
       FROM billing.billing_wallets w
       JOIN billing.billing_credit_lots l ON l.wallet_id = w.id AND l.remaining > 0
       WHERE w.tenant_id = $1 FOR UPDATE`,
      [tenantId],
    );
    const { id, seq, balance, lot } = rows[0] as { id: string; seq: string; balance: string; lot: string };
    await client.query(WRITE_PLAINLY, [newId(), tenantId, id, seq, balance, newId(), lot, newId()]);
    await client.query(CHANGE_PLAINLY, [tenantId, id, seq, lot]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const AGE = `
  WITH w AS (SELECT * FROM billing.billing_wallets WHERE tenant_id = $1)
  INSERT INTO billing.billing_ledger_transactions (id, tenant_id, wallet_id, wallet_seq, transaction_type, amount,
    balance_before, balance_after, reference_type, idempotency_key, request_hash, counter_account, hash, lot_id)
  SELECT gen_random_uuid(), w.tenant_id, w.id, n, 'debit', -0.01, w.current_balance - (n - w.last_seq - 1) * 0.01,
         w.current_balance - (n - w.last_seq) * 0.01, 'manual', gen_random_uuid(), w.head_hash, 'revenue', w.head_hash, l.id
  FROM w
  JOIN billing.billing_credit_lots l ON l.wallet_id = w.id, generate_series(w.last_seq + 1, $2::bigint) n`;

/** Gives a wallet a history of so many rows, without the time it would take to post them. */
async function ageTo(pool: pg.Pool, tenantId: string, rows: number): Promise<void> {
  await pool.query(AGE, [tenantId, rows]);
  await pool.query(
    `UPDATE billing.billing_wallets w SET last_seq = l.seq, current_balance = l.balance
     FROM (SELECT wallet_id, wallet_seq AS seq, balance_after AS balance FROM billing.billing_ledger_transactions
           WHERE tenant_id = $1 ORDER BY wallet_seq DESC LIMIT 1) l
     WHERE w.id = l.wallet_id`,
    [tenantId],
  );
  // What the making of the history left to do is not what a posting costs.
  await pool.query('VACUUM ANALYZE billing.billing_ledger_transactions');
  await pool.query('CHECKPOINT');
}

/** Callers that each wait for their answer before they ask again. */
async function measure(tenants: string[], work: (tenantId: string) => Promise<void>): Promise<Measured> {
  const latencies: number[] = [];
  const from = performance.now() + WARM_UP_MS;
  const until = from + ROUND_MS;
  let turn = 0;
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < until; now = performance.now()) {
      await work(tenants[turn++ % tenants.length] as string);
      if (now >= from) latencies.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  latencies.sort((a, b) => a - b);
  return { perSecond: latencies.length / (ROUND_MS / 1000), p99Ms: quantile(latencies, 0.99) };
}
