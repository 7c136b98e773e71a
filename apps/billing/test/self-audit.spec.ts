import {
  walletOperatorsApi,
  walletsApi,
  WalletFrozen,
  type WalletOperatorsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import pg from 'pg';
import { AuditWorker } from '../src/audit/audit-worker.js';
import { billingService } from '../src/billing.module.js';
import { PostingQueue } from '../src/ledger/posting-queue.js';
import { migrations } from '../src/migrations/index.js';
import { mails, send } from './mails.js';
import { debit, reserve, topUp } from './postings.js';

/** Rounds come every few seconds, and the machine may be busy. */
const PATIENCE_MS = 240_000;
const OPERATOR = systemCtx('', { deadline: Date.now() + 600_000 });
const LAST = `wallet_seq = (SELECT last_seq FROM billing_wallets WHERE tenant_id = $1)`;

/** What somebody with the superuser's rights may do to a row, and the invariant that tells. */
const ALTERATIONS: Record<string, { sql: string[]; breaks: string }> = {
  'the amount of a posting': {
    sql: [
      `UPDATE billing_ledger_transactions SET amount = amount - 0.1, balance_after = balance_after - 0.1 WHERE tenant_id = $1 AND wallet_seq = 3`,
    ],
    breaks: 'I2',
  },
  'the description of a posting': {
    sql: [
      `UPDATE billing_ledger_transactions SET description = 'Nothing to see' WHERE tenant_id = $1 AND wallet_seq = 2`,
    ],
    breaks: 'I13',
  },
  'the moment of a posting': {
    sql: [
      `UPDATE billing_ledger_transactions SET created_at = created_at - interval '1 day' WHERE tenant_id = $1 AND ${LAST}`,
    ],
    breaks: 'I13',
  },
  'a posting that is gone': {
    sql: [
      `UPDATE billing_usage_events SET ledger_transaction_id = NULL, status = 'pending', charged_at = NULL WHERE tenant_id = $1`,
      `DELETE FROM billing_ledger_transactions WHERE tenant_id = $1 AND wallet_seq = 4`,
    ],
    breaks: 'I2',
  },
  'the last posting that is gone': {
    sql: [`DELETE FROM billing_ledger_transactions WHERE tenant_id = $1 AND ${LAST}`],
    breaks: 'I2',
  },
  'the balance of the wallet': {
    sql: [`UPDATE billing_wallets SET current_balance = current_balance + 100 WHERE tenant_id = $1`],
    breaks: 'I1',
  },
  'the head that the wallet keeps': {
    sql: [`UPDATE billing_wallets SET head_hash = sha256(head_hash) WHERE tenant_id = $1`],
    breaks: 'I1',
  },
  'what is left of a lot': {
    sql: [`UPDATE billing_credit_lots SET remaining = remaining - 1 WHERE tenant_id = $1 AND remaining >= 1`],
    breaks: 'I9',
  },
  'that a lot paid for a posting': {
    sql: [`UPDATE billing_ledger_transactions SET lot_id = NULL WHERE tenant_id = $1 AND wallet_seq = 3`],
    breaks: 'I9',
  },
  'what a lot was granted': {
    sql: [`UPDATE billing_credit_lots SET granted = granted + 1 WHERE tenant_id = $1 AND wallet_seq = 2`],
    breaks: 'I10',
  },
  'what a reservation holds': {
    sql: [`UPDATE billing_reservations SET authorized = authorized + 1 WHERE tenant_id = $1`],
    breaks: 'I3',
  },
  'the cost of charged usage': {
    sql: [`UPDATE billing_usage_events SET total_cost = 0 WHERE tenant_id = $1`],
    breaks: 'I7',
  },
  'the price that a use of the same cost was rated by': {
    sql: [
      `UPDATE billing_usage_events SET usage_items = jsonb_set(usage_items, '{0,unitPrice}', '"0.0020000000"') WHERE tenant_id = $1`,
    ],
    breaks: 'I14',
  },
  'the event of a posting that is gone': {
    sql: [
      `DELETE FROM domain_events
       WHERE tenant_id = $1 AND event_type = 'billing.wallet.posted' AND (payload ->> 'toSeq')::bigint = 3`,
    ],
    breaks: 'I8',
  },
};

describe('the audit of wallets', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let operators: WalletOperatorsApi;
  let queue: PostingQueue;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations });
    await service.addReplica();
    wallets = service.client(walletsApi);
    operators = service.client(walletOperatorsApi);
    queue = service.running.app.get(PostingQueue);
  });
  afterAll(() => service.stop());

  const system = ({ tenantId }: Ctx): Ctx => systemCtx(tenantId, { deadline: Date.now() + 60_000 });

  /** A wallet with a trial credit, a top-up, two debits, a use and something held. */
  async function busy(): Promise<Ctx> {
    const ctx = caller();
    await wallets.get(ctx, {});
    for (const command of [topUp('5'), debit('0.25'), debit('0.5'), reserve('2', 3_600_000)])
      expect(await queue.submit(system(ctx), command)).toMatchObject({ outcome: 'posted' });
    await send(service, ctx.tenantId, mails(1));
    await eventually(async () => (await wallets.audit(ctx, {})).usageCharged === 1);
    return ctx;
  }

  /** Does by hand what no role of the service may, past every trigger. */
  async function alter(ctx: Ctx, statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: service.database.adminUrl });
    await client.connect();
    try {
      await client.query(`SET search_path = billing; SET session_replication_role = replica`);
      for (const sql of statements)
        expect((await client.query(sql, [ctx.tenantId])).rowCount).toBeGreaterThan(0);
    } finally {
      await client.end();
    }
  }

  /** One replica looks at once, the other in its turn. */
  const auditNow = async ({ tenantId }: Ctx) => {
    await service.database.query(
      `UPDATE billing.wallet_upkeep SET audited_at = '-infinity' WHERE tenant_id = $1`,
      [tenantId],
    );
    service.running.app.get(AuditWorker).wake();
  };
  const upkeep = async ({ tenantId }: Ctx) => {
    const [row] = await service.database.query<{ audited: string; last: string }>(
      `SELECT audited_seq AS audited, last_seq AS last FROM billing.wallet_upkeep WHERE tenant_id = $1`,
      [tenantId],
    );
    return row as { audited: string; last: string };
  };
  /** Has a wallet audited now rather than soon, again when something expired meanwhile. */
  const allAudited = (ctx: Ctx) =>
    eventually(async () => {
      const { audited, last } = await upkeep(ctx);
      if (audited !== last) await auditNow(ctx);
      return audited === last;
    });
  /** Asks for an audit again and again: one that was under way when the wallet was altered saw it as it was. */
  const stopped = (ctx: Ctx, prepare?: () => Promise<unknown>) =>
    eventually(async () => {
      const wallet = await operators.get(OPERATOR, { tenantId: ctx.tenantId });
      if (wallet.status === 'frozen') return wallet;
      await prepare?.();
      await auditNow(ctx);
      throw new Error(JSON.stringify(wallet));
    });

  describe('what was altered by hand stops the wallet by itself, and names invariant and row', () => {
    const altered = new Map<string, Ctx>();
    let untouched: Ctx;

    beforeAll(async () => {
      untouched = await busy();
      for (const [what, { sql }] of Object.entries(ALTERATIONS)) {
        const ctx = await busy();
        await alter(ctx, sql);
        await auditNow(ctx);
        altered.set(what, ctx);
      }
      await auditNow(untouched);
    }, PATIENCE_MS);

    it.each(Object.keys(ALTERATIONS))('%s', async (what) => {
      const ctx = altered.get(what) as Ctx;
      // From the first posting on: a round that came before the alteration has passed what it altered.
      const wallet = await stopped(ctx, () =>
        service.database.query(
          `UPDATE billing.wallet_upkeep SET audited_seq = 0, audited_hash = NULL, audited_event = 0 WHERE tenant_id = $1`,
          [ctx.tenantId],
        ),
      );
      expect(wallet.frozenCause).toBe('audit');
      expect(wallet.frozenReason).toContain(`${ALTERATIONS[what]?.breaks}:`);
      expect(await service.events(WalletFrozen, ctx.tenantId)).toMatchObject([
        { data: { cause: 'audit', reason: wallet.frozenReason } },
      ]);
      await expect(wallets.topUp(ctx, { amount: '1' })).rejects.toMatchObject({
        code: 'wallet.frozen',
      });
    });

    it('while the others go on', async () => {
      await allAudited(untouched);
      await wallets.topUp(untouched, { amount: '1' });
      expect(await operators.get(OPERATOR, { tenantId: untouched.tenantId })).toMatchObject({
        status: 'active',
      });
    });

    it('and it stays stopped until the row is as it was', async () => {
      const ctx = altered.get('the balance of the wallet') as Ctx;
      const { tenantId } = ctx;
      await stopped(ctx);
      await expect(operators.unfreeze(OPERATOR, { tenantId })).rejects.toMatchObject({
        code: 'wallet.violated',
      });
      await alter(ctx, [
        `UPDATE billing_wallets SET current_balance = current_balance - 100 WHERE tenant_id = $1`,
      ]);
      expect(await operators.unfreeze(OPERATOR, { tenantId })).toMatchObject({ status: 'active' });
      await wallets.topUp(ctx, { amount: '1' });
    });
  });

  it(
    'history that was rewritten with all its hashes is not the one that was audited',
    async () => {
      const ctx = await busy();
      await allAudited(ctx);
      const rehash = `
      WITH before AS (SELECT hash FROM billing_ledger_transactions WHERE tenant_id = $1
                      AND wallet_seq = (SELECT last_seq - 1 FROM billing_wallets WHERE tenant_id = $1)),
      rewritten AS (
        UPDATE billing_ledger_transactions l SET hash = sha256((SELECT hash FROM before) || convert_to(ledger_leaf(l), 'UTF8'))
        WHERE tenant_id = $1 AND ${LAST} RETURNING hash)
      UPDATE billing_wallets SET head_hash = (SELECT hash FROM rewritten) WHERE tenant_id = $1`;
      await alter(ctx, [
        `UPDATE billing_ledger_transactions SET description = 'Another story' WHERE tenant_id = $1 AND ${LAST}`,
        rehash,
      ]);
      await wallets.topUp(ctx, { amount: '1' });
      await auditNow(ctx);
      expect((await stopped(ctx)).frozenReason).toContain('is not the one that was audited');
    },
    PATIENCE_MS,
  );

  it.each([
    [
      'the balance of a counter-account',
      'I11:',
      `UPDATE billing_accounts SET balance = balance + 1 WHERE tenant_id = $1 AND account = 'revenue'`,
    ],
    [
      'which lot paid for a posting',
      'I10:',
      `UPDATE billing_ledger_transactions l SET lot_id = other.id FROM billing_credit_lots other
       WHERE l.tenant_id = $1 AND l.wallet_seq = 3 AND other.tenant_id = $1 AND other.id <> l.lot_id`,
    ],
    [
      'the price that a use was rated by',
      'I14:',
      `UPDATE billing_usage_events SET usage_items = jsonb_set(usage_items, '{0,unitPrice}', '"0.0020000000"') WHERE tenant_id = $1`,
    ],
  ])(
    'a wallet that nobody posts on is held against every invariant in its turn: %s',
    async (_, invariant, sql) => {
      const ctx = await busy();
      await allAudited(ctx);
      await alter(ctx, [sql]);
      await service.database.query(
        `UPDATE billing.wallet_upkeep SET fully_audited_at = '-infinity' WHERE tenant_id = $1`,
        [ctx.tenantId],
      );
      expect((await stopped(ctx)).frozenReason).toContain(invariant);
    },
    PATIENCE_MS,
  );

  it('an operator is told of each broken row by command, and the wallet is stopped', async () => {
    const ctx = await busy();
    await alter(ctx, [
      `UPDATE billing_wallets SET current_balance = current_balance + 1 WHERE tenant_id = $1`,
    ]);
    const verdict = await operators.audit(OPERATOR, { tenantId: ctx.tenantId });
    expect(verdict.status).toBe('frozen');
    expect(verdict.violations.map(({ invariant }) => invariant.split(':')[0])).toEqual(['I1', 'I9', 'I11']);
    expect(verdict.violations[0]).toMatchObject({ row: verdict.walletId });
    expect(await operators.audit(OPERATOR, { tenantId: ctx.tenantId })).toEqual(verdict);
    expect(await service.events(WalletFrozen, ctx.tenantId)).toHaveLength(1);
  });

  it(
    'postings under way are never taken for damage',
    async () => {
      const ctx = await busy();
      const { tenantId } = ctx;
      let posting = true;
      const poster = async () => {
        for (let i = 0; i < 15; i++)
          await Promise.all(
            [topUp('1'), debit('0.9'), reserve('0.01', 1_000)].map((c) => queue.submit(system(ctx), c)),
          );
        posting = false;
      };
      const auditor = async () => {
        while (posting) {
          await auditNow(ctx);
          expect((await operators.audit(OPERATOR, { tenantId })).violations).toEqual([]);
        }
      };
      await Promise.all([poster(), auditor()]);
      await allAudited(ctx);
      expect(await operators.get(OPERATOR, { tenantId })).toMatchObject({ status: 'active' });
    },
    PATIENCE_MS,
  );

  it(
    'a tail longer than one go is audited to its end',
    async () => {
      const ctx = await busy();
      const debits = Array.from({ length: 1_900 }, () => debit('0.000001'));
      for (let i = 0; i < 6; i++)
        await Promise.all(debits.map((command) => queue.submit(system(ctx), { ...command, key: newId() })));
      await allAudited(ctx);
      expect(Number((await upkeep(ctx)).last)).toBeGreaterThan(10_000);
    },
    PATIENCE_MS,
  );
});
