import { Inject } from '@nestjs/common';
import {
  TOP_UP_MAX,
  walletErrors,
  walletsApi,
  type Nothing,
  type TopUpWallet,
  type UpdateWallet,
  type Wallet,
  type WalletAudit,
  type WalletsApi,
  type WalletTopUp,
} from '@leadwire/contracts';
import { amount, assert, newId, requestErrors, type Amount, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { billingConfig } from '../billing.config.js';
import type { Command } from '../ledger/command.js';
import { LEDGER_TRANSACTION, type LedgerRow } from '../ledger/ledger.queries.js';
import { toLedgerTransaction } from '../ledger/ledger.service.js';
import { PostingQueue } from '../ledger/posting-queue.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { ChargeSweeper } from '../usage/charge-sweeper.js';
import {
  AUDIT,
  GET_WALLET,
  SET_LOW_BALANCE_THRESHOLD,
  SET_METADATA,
  type WalletView,
} from './wallets.queries.js';

/** A team's wallet: its balance, its threshold, and money that is paid in by hand. */
@Serves(walletsApi)
export class WalletsService implements WalletsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(PostingQueue) private readonly queue: PostingQueue,
    @Inject(ChargeSweeper) private readonly sweeper: ChargeSweeper,
    @Inject(CONFIG) private readonly config: Pick<ConfigOf<typeof billingConfig>, 'MANUAL_TOP_UPS'>,
  ) {}

  async get(ctx: Ctx, _: Nothing): Promise<Wallet> {
    return toWallet(
      await this.wallets.readOrMake<WalletView>(ctx, GET_WALLET, [ctx.tenantId], 'billing-wallet'),
    );
  }

  update(ctx: Ctx, { lowBalanceThreshold, metadata }: UpdateWallet): Promise<Wallet> {
    return this.wallets.run(ctx, async (db, wallet) => {
      if (lowBalanceThreshold !== undefined)
        await db.execute(SET_LOW_BALANCE_THRESHOLD, [db.tenantId, wallet.id, lowBalanceThreshold]);
      if (metadata !== undefined)
        await db.execute(SET_METADATA, [db.tenantId, wallet.id, JSON.stringify(metadata)]);
      const [row] = await db.query<WalletView>(GET_WALLET, [db.tenantId]);
      assert(row, 'a locked wallet can be read');
      return toWallet(row);
    });
  }

  async topUp(ctx: Ctx, input: TopUpWallet): Promise<WalletTopUp> {
    if (!this.config.MANUAL_TOP_UPS) throw walletErrors.manual_off();
    const value = topUpAmount(input.amount);
    const answer = await this.queue.submit(ctx, topUpCommand(ctx, value, input.description));
    if (answer.outcome === 'frozen') throw walletErrors.frozen();
    if (answer.outcome === 'limit') throw walletErrors.full();
    if (answer.outcome === 'conflict') throw walletErrors.key_reused();
    this.sweeper.wake();
    assert(answer.ledgerId, 'money that comes in is posted');
    const { ledgerId } = answer;
    // Answers are remembered for a day; the ledger knows the key for ever.
    return this.tenant.run(ctx, (db) => describeTopUp(db, ledgerId));
  }

  audit(ctx: Ctx, _: Nothing): Promise<WalletAudit> {
    return this.wallets.readOrMake<WalletAudit>(ctx, AUDIT, [ctx.tenantId]);
  }
}

/** @throws AppError `request.invalid` */
function topUpAmount(text: string): Amount {
  const value = amount(text);
  if (value.gt(0) && value.lte(TOP_UP_MAX)) return value;
  const detail = `must be more than 0 and at most ${TOP_UP_MAX}`;
  throw requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
}

function topUpCommand(ctx: Ctx, value: Amount, description = 'Top-up'): Command {
  const key = `topup:${ctx.idempotencyKey?.split('\t')[0] ?? newId()}`;
  return { kind: 'topup', amount: value, referenceType: 'manual', key, createdBy: ctx.userId, description };
}

async function describeTopUp(db: TenantDb, ledgerId: string): Promise<WalletTopUp> {
  const [transactions, wallets] = await Promise.all([
    db.query<LedgerRow>(LEDGER_TRANSACTION, [db.tenantId, ledgerId]),
    db.query<WalletView>(GET_WALLET, [db.tenantId]),
  ]);
  const [transaction] = transactions;
  const [wallet] = wallets;
  assert(transaction && wallet, 'what was just written can be read');
  return { transaction: toLedgerTransaction(transaction), wallet: toWallet(wallet) };
}

function toWallet(row: WalletView): Wallet {
  return {
    ...row,
    frozenAt: row.frozenAt?.toISOString() ?? null,
    lowBalanceNotifiedAt: row.lowBalanceNotifiedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  } as Wallet;
}
