import { Inject } from '@nestjs/common';
import {
  creditsApi,
  type CreditLot,
  type CreditsApi,
  type ListCreditLots,
  type Page,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { LIST_CREDIT_LOTS, type CreditLotRow } from './credits.queries.js';

const LIST = 'credit-lots';

/** A team's credit: the lots that its money came in, and what of each is left. */
@Serves(creditsApi)
export class CreditsService implements CreditsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  async list(ctx: Ctx, input: ListCreditLots): Promise<Page<CreditLot>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const params = [ctx.tenantId, limit + 1, after?.[0] ?? null, input.open ?? false];
    const rows = await this.tenant.read<CreditLotRow>(ctx, LIST_CREDIT_LOTS, params);
    return this.cursors.page(ctx, LIST, input, rows, ({ seq }) => [seq], toLot);
  }
}

function toLot({ seq: _, ...row }: CreditLotRow): CreditLot {
  return {
    ...row,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  } as CreditLot;
}
