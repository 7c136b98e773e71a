import { Inject } from '@nestjs/common';
import {
  ledgerApi,
  type LedgerApi,
  type LedgerTransaction,
  type ListLedger,
  type Page,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { listLedger, type LedgerRow } from './ledger.queries.js';

const LIST = 'ledger';

/** A team's postings: what moved its balance, in order, none ever changed. */
@Serves(ledgerApi)
export class LedgerService implements LedgerApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  async list(ctx: Ctx, input: ListLedger): Promise<Page<LedgerTransaction>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { sql, filters } = listLedger(input);
    const rows = await this.tenant.read<LedgerRow>(ctx, sql, [
      ctx.tenantId,
      limit + 1,
      after?.[0] ?? null,
      ...filters,
    ]);
    return this.cursors.page(ctx, LIST, input, rows, ({ seq }) => [seq], toLedgerTransaction);
  }
}

export function toLedgerTransaction(row: LedgerRow): LedgerTransaction {
  return { ...row, seq: Number(row.seq), createdAt: row.createdAt.toISOString() } as LedgerTransaction;
}
