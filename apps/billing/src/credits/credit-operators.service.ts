import { Inject } from '@nestjs/common';
import {
  CREDIT_MAX,
  creditErrors,
  creditOperatorsApi,
  walletErrors,
  type AdjustWallet,
  type CreditOperatorsApi,
  type CreditPosted,
  type GrantCredit,
} from '@leadwire/contracts';
import { amount, assert, Clock, requestErrors, type Amount, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import type { Command } from '../ledger/command.js';
import { PostingQueue } from '../ledger/posting-queue.js';
import { asTenant } from '../operators/as-tenant.js';
import { HAS_WALLET } from '../quotas/quotas.queries.js';
import { ChargeSweeper } from '../usage/charge-sweeper.js';

/** Money that operators add or correct by hand, each time with a reason that the team reads in its ledger. */
@Serves(creditOperatorsApi)
export class CreditOperatorsService implements CreditOperatorsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(PostingQueue) private readonly queue: PostingQueue,
    @Inject(ChargeSweeper) private readonly sweeper: ChargeSweeper,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  grant(ctx: Ctx, input: GrantCredit): Promise<CreditPosted> {
    const { tenantId, key, source, priority, reason } = input;
    const value = inRange(amount(input.amount), { signed: false });
    const expiresAt = input.expiresAt === undefined ? undefined : this.later(input.expiresAt);
    return this.post(asTenant(ctx, tenantId), {
      kind: 'credit',
      key: `grant:${key}`,
      amount: value,
      referenceType: 'manual',
      description: reason,
      source,
      ...(priority === undefined ? {} : { priority }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
  }

  adjust(ctx: Ctx, { tenantId, key, amount: text, reason }: AdjustWallet): Promise<CreditPosted> {
    return this.post(asTenant(ctx, tenantId), {
      kind: 'adjustment',
      key: `adjust:${key}`,
      amount: inRange(amount(text), { signed: true }),
      referenceType: 'manual',
      description: reason,
    });
  }

  private async post(ctx: Ctx, command: Command): Promise<CreditPosted> {
    const [wallet] = await this.tenant.read(ctx, HAS_WALLET, [ctx.tenantId]);
    if (!wallet) throw walletErrors.not_found();
    const { outcome, ledgerId, balance, available } = await this.queue.submit(ctx, command);
    switch (outcome) {
      case 'posted':
      case 'duplicate':
        this.sweeper.wake();
        assert(ledgerId && balance, 'what was posted has a posting');
        return { ledgerTransactionId: ledgerId, repeated: outcome === 'duplicate', balance };
      case 'insufficient':
        throw creditErrors.insufficient({ extras: { available } });
      case 'limit':
        throw walletErrors.full();
      case 'frozen':
        throw walletErrors.frozen();
      default:
        throw creditErrors.key_reused({ internal: outcome });
    }
  }

  /** @throws AppError `request.invalid` */
  private later(text: string): Date {
    const moment = new Date(text);
    if (moment > this.clock.now()) return moment;
    throw invalid('/expiresAt', 'past', 'must be in the future');
  }
}

/** @throws AppError `request.invalid` */
function inRange(value: Amount, { signed }: { signed: boolean }): Amount {
  const inside = (signed ? !value.isZero() : value.gt(0)) && value.abs().lte(CREDIT_MAX);
  if (inside) return value;
  throw invalid(
    '/amount',
    'range',
    signed
      ? `must not be 0, and at most ${CREDIT_MAX} either way`
      : `must be more than 0 and at most ${CREDIT_MAX}`,
  );
}

function invalid(pointer: string, code: string, detail: string): Error {
  return requestErrors.invalid({ errors: [{ pointer, code, detail }] });
}
