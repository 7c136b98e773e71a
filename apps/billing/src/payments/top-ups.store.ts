import { Inject, Injectable } from '@nestjs/common';
import { paymentErrors, type ListTopUps, type Page, type TopUp } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { GET_TOP_UP, listTopUps, toTopUp, type TopUpRow } from './top-ups.queries.js';

const LIST = 'top-ups';

/** Payments of a team as they are read. */
@Injectable()
export class TopUpsStore {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  /** Newest first. */
  async list(ctx: Ctx, input: ListTopUps): Promise<Page<TopUp>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { sql, filters } = listTopUps(input);
    const place = [after?.[0] ?? null, after?.[1] ?? null];
    const rows = await this.tenant.read<TopUpRow>(ctx, sql, [ctx.tenantId, limit + 1, ...place, ...filters]);
    const position = ({ createdAt, id }: TopUpRow): string[] => [createdAt.toISOString(), id];
    return this.cursors.page(ctx, LIST, input, rows, position, toTopUp);
  }

  /** @throws AppError `payment.top_up_not_found` */
  async require(ctx: Ctx, topUpId: string): Promise<TopUpRow> {
    const [row] = await this.tenant.read<TopUpRow>(ctx, GET_TOP_UP, [ctx.tenantId, topUpId]);
    if (!row) throw paymentErrors.top_up_not_found();
    return row;
  }
}
