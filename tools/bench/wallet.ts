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
const ROUND_MS = 6_000;
const WARM_UP_MS = 1_500;
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
    const hot = await fundedWallets(postings, 1);
    const many = await fundedWallets(postings, SPREAD_WALLETS);
    const core = (tenants: string[]) => measure(tenants, (tenantId) => debit(postings, tenantId));
    const byHand = (tenants: string[]) => measure(tenants, (tenantId) => debitPlainly(plain, tenantId));
    const plainOne = await byHand(hot);
    const one = await core(hot);
    const plainSpread = await byHand(many);
    const spread = await core(many);
    return {
      walletPostingsPerSecond: one.perSecond,
      walletPostingsP99Ms: one.p99Ms,
      walletRatio: one.perSecond / plainOne.perSecond,
      spreadRatio: spread.perSecond / plainSpread.perSecond,
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
        amount: amount('1000000'),
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
    amount: amount('0.0123'),
    referenceType: 'manual',
  });
  if (outcome !== 'posted') throw new Error(`a debit was answered with ${outcome}`);
}

/** What a careful service does without a posting core: lock, read, write ledger, lot, account, event and balance, commit. */
async function debitPlainly(pool: pg.Pool, tenantId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query(
      `SELECT id, last_seq + 1 AS seq, current_balance AS balance FROM billing.billing_wallets WHERE tenant_id = $1 FOR UPDATE`,
      [tenantId],
    );
    const { id, seq, balance } = rows[0] as { id: string; seq: string; balance: string };
    await client.query(
      `INSERT INTO billing.billing_ledger_transactions (id, tenant_id, wallet_id, wallet_seq, transaction_type, amount,
         balance_before, balance_after, reference_type, idempotency_key, request_hash, counter_account, hash)
       VALUES ($1, $2, $3, $4, 'debit', -0.0123, $5, $5::numeric - 0.0123, 'manual', $6, '', 'revenue', '')`,
      [newId(), tenantId, id, seq, balance, newId()],
    );
    await client.query(
      `INSERT INTO billing.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
       VALUES ($1, $2, 'billing.wallet.posted', 'wallet', $3, '{}', '{}')`,
      [newId(), tenantId, id],
    );
    await client.query(
      `UPDATE billing.billing_wallets SET current_balance = current_balance - 0.0123, last_seq = $2 WHERE id = $1`,
      [id, seq],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
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
