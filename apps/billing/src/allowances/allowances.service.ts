import { Inject } from '@nestjs/common';
import {
  ALLOWANCE_MAX,
  AllowanceChanged,
  allowancesApi,
  memberErrors,
  type AllowancesApi,
  type CreditTransaction,
  type CreditTransactionType,
  type ListCreditTransactions,
  type ListUserCredits,
  type Nothing,
  type Page,
  type SetAllowance,
  type UserCredit,
} from '@leadwire/contracts';
import { TeamMembers } from '@leadwire/entitlements';
import { amount, Clock, newId, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import {
  LIST_CREDIT_TRANSACTIONS,
  LIST_USER_CREDITS,
  SET_ALLOWANCE,
  USER_CREDIT,
  type CreditTransactionRow,
  type UserCreditRow,
} from './allowances.queries.js';

const CREDITS = 'user-credits';
const TRANSACTIONS = 'credit-transactions';
const NOTHING_COUNTED = {
  monthlyAllowance: null,
  balance: '0.000000',
  monthlyUsage: '0.000000',
  held: '0.000000',
};

/** What each member may spend of the team's wallet in a month. It moves no money: the wallet pays, this only counts. */
@Serves(allowancesApi)
export class AllowancesService implements AllowancesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(TeamMembers) private readonly members: TeamMembers,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListUserCredits): Promise<Page<UserCredit>> {
    const { after, limit } = this.cursors.read(ctx, CREDITS, input);
    const { start, end } = this.month();
    const params = [ctx.tenantId, start, limit + 1, after?.[0] ?? null];
    const rows = await this.tenant.read<UserCreditRow>(ctx, LIST_USER_CREDITS, params);
    return this.cursors.page(
      ctx,
      CREDITS,
      input,
      rows,
      ({ userId }) => [userId],
      (row) => toCredit(row, end),
    );
  }

  async mine(ctx: Ctx, _: Nothing): Promise<UserCredit> {
    if (ctx.userId === null)
      throw requestErrors.forbidden({ internal: 'nobody in particular has no credit' });
    return this.read(ctx, ctx.userId);
  }

  async set(ctx: Ctx, { userId, monthlyAllowance }: SetAllowance): Promise<UserCredit> {
    if (monthlyAllowance !== null && amount(monthlyAllowance).gt(ALLOWANCE_MAX)) throw tooMuch();
    await this.requireMember(ctx, userId);
    await this.wallets.run(ctx, async (db) => {
      const id = newId();
      const now = this.clock.now();
      await db.execute(SET_ALLOWANCE, [ctx.tenantId, id, userId, monthlyAllowance, ctx.userId, now]);
      db.emit(AllowanceChanged, userId, { userId, monthlyAllowance });
    });
    return this.read(ctx, userId);
  }

  async transactions(ctx: Ctx, input: ListCreditTransactions): Promise<Page<CreditTransaction>> {
    const { after, limit } = this.cursors.read(ctx, TRANSACTIONS, input);
    const rows = await this.tenant.read<CreditTransactionRow>(ctx, LIST_CREDIT_TRANSACTIONS, [
      ctx.tenantId,
      input.userId,
      limit + 1,
      after?.[0] ?? null,
      input.type ?? null,
    ]);
    // Of who had no allowance yet there is nothing to tell; of who is no member, not even that.
    if (rows.length === 0) await this.requireMember(ctx, input.userId);
    return this.cursors.page(ctx, TRANSACTIONS, input, rows, ({ seq }) => [seq], toTransaction);
  }

  private async read(ctx: Ctx, userId: string): Promise<UserCredit> {
    const { start, end } = this.month();
    const [row] = await this.tenant.read<UserCreditRow>(ctx, USER_CREDIT, [ctx.tenantId, start, userId]);
    return toCredit(row ?? { userId, ...NOTHING_COUNTED }, end);
  }

  /** @throws AppError `member.not_found` */
  private async requireMember(ctx: Ctx, userId: string): Promise<void> {
    if ((await this.members.strangersAmong(ctx, [userId])).size > 0) throw memberErrors.not_found();
  }

  private month(): { start: Date; end: Date } {
    const now = this.clock.now();
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
    return { start: new Date(Date.UTC(year, month)), end: new Date(Date.UTC(year, month + 1)) };
  }
}

/** @throws AppError `request.invalid` */
function tooMuch(): Error {
  const detail = `must be at most ${ALLOWANCE_MAX}`;
  return requestErrors.invalid({ errors: [{ pointer: '/monthlyAllowance', code: 'range', detail }] });
}

function toCredit(row: UserCreditRow, resetsAt: Date): UserCredit {
  return { ...row, resetsAt: resetsAt.toISOString() };
}

function toTransaction(row: CreditTransactionRow): CreditTransaction {
  const { id, userId, type, amount: value, balanceBefore, balanceAfter } = row;
  const { referenceType, referenceId, metadata } = row;
  return {
    id,
    userId,
    type: type as CreditTransactionType,
    amount: value,
    balanceBefore,
    balanceAfter,
    spent: metadata.spent ?? null,
    held: metadata.held ?? null,
    ledgerTransactionId: referenceType === 'ledger_transaction' ? referenceId : null,
    changedBy: referenceType === 'user' ? referenceId : null,
    allowance: metadata.to ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
