import { Inject } from '@nestjs/common';
import { pricesApi, type ListPrices, type Page, type Price, type PricesApi } from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { LIST_PRICES, type PriceListRow } from './prices.queries.js';

const LIST = 'prices';

@Serves(pricesApi)
export class PricesService implements PricesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListPrices): Promise<Page<Price>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const place = after ?? [null, null, null, null];
    const params = [ctx.tenantId, input.at ?? this.clock.now(), input.category ?? null, limit + 1, ...place];
    const rows = await this.tenant.read<PriceListRow>(ctx, LIST_PRICES, params);
    return this.cursors.page(
      ctx,
      LIST,
      input,
      rows,
      ({ category, provider, unit, model }) => [category, provider, unit, model ?? ''],
      toPrice,
    );
  }
}

function toPrice(row: PriceListRow): Price {
  return {
    ...row,
    effectiveFrom: row.effectiveFrom.toISOString(),
    effectiveTo: row.effectiveTo?.toISOString() ?? null,
  } as Price;
}
