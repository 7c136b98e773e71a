import { Inject } from '@nestjs/common';
import {
  TOP_UP_MAX,
  walletErrors,
  walletsApi,
  type Nothing,
  type TopUpWallet,
  type Wallet,
  type WalletAudit,
  type WalletsApi,
  type WalletTopUp,
} from '@leadwire/contracts';
import { amount, assert, Clock, newId, requestErrors, type Amount, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { LEDGER_TRANSACTION, type LedgerRow } from '../ledger/ledger.queries.js';
import { toLedgerTransaction } from '../ledger/ledger.service.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Charging } from '../usage/charging.js';
import { ChargeSweeper } from '../usage/charge-sweeper.js';
import { AUDIT, GET_WALLET, type WalletView } from './wallets.queries.js';

@Serves(walletsApi)
export class WalletsService implements WalletsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(ChargeSweeper) private readonly sweeper: ChargeSweeper,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async get(ctx: Ctx, _: Nothing): Promise<Wallet> {
    return toWallet(await this.readOrMake<WalletView>(ctx, GET_WALLET, 'billing-wallet'));
  }

  async topUp(ctx: Ctx, input: TopUpWallet): Promise<WalletTopUp> {
    const value = topUpAmount(input.amount);
    const answer = await this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const ledgerId = await postTopUp(ctx, wallet, value, input.description);
      await this.charging.chargePending(db, wallet);
      await wallet.save(this.clock.now());
      return describeTopUp(db, ledgerId);
    });
    this.sweeper.wake();
    return answer;
  }

  audit(ctx: Ctx, _: Nothing): Promise<WalletAudit> {
    return this.readOrMake<WalletAudit>(ctx, AUDIT);
  }

  // Sign-up and the first look at the wallet are milliseconds apart; the event that announces the tenant may be slower.
  private async readOrMake<R extends object>(ctx: Ctx, sql: string, name?: string): Promise<R> {
    const [row] = await this.tenant.read<R>(ctx, sql, [ctx.tenantId], name);
    if (row) return row;
    await this.tenant.run(ctx, async (db) => (await this.wallets.take(db)).save(this.clock.now()));
    const [made] = await this.tenant.read<R>(ctx, sql, [ctx.tenantId], name);
    assert(made, 'a wallet that was made can be read');
    return made;
  }
}

/** @throws AppError `request.invalid` */
function topUpAmount(text: string): Amount {
  const value = amount(text);
  if (value.gt(0) && value.lte(TOP_UP_MAX)) return value;
  const detail = `must be more than 0 and at most ${TOP_UP_MAX}`;
  throw requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
}

// Answers are remembered for a day; the ledger knows the key for ever.
async function postTopUp(
  ctx: Ctx,
  wallet: LockedWallet,
  value: Amount,
  description = 'Top-up',
): Promise<string> {
  const key = `topup:${ctx.idempotencyKey?.split('\t')[0] ?? newId()}`;
  const [posted] = await wallet.post([
    { type: 'topup', amount: value, referenceType: 'manual', key, createdBy: ctx.userId, description },
  ]);
  assert(posted && posted.outcome !== 'insufficient', 'money that comes in is always posted');
  if (posted.outcome === 'conflict') throw walletErrors.key_reused();
  if (posted.outcome === 'posted') wallet.toppedUp(value);
  return posted.ledgerId;
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
    lowBalanceNotifiedAt: row.lowBalanceNotifiedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  } as Wallet;
}
