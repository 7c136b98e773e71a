import { Inject } from '@nestjs/common';
import {
  pricesApi,
  type ListPrices,
  type Page,
  type Price,
  type PricesApi,
  type Quote,
  type QuoteItem,
  type RequestQuote,
} from '@leadwire/contracts';
import { amount, AppError, Clock, moneyText, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { billingConfig } from '../billing.config.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Rater, type Estimate, type Used } from '../usage/rater.js';
import { toPrice } from './catalogue-price.js';
import { LIST_PRICES, WALLET_FUNDS, type CatalogueRow } from './prices.queries.js';

const LIST = 'prices';

/** What things cost a team, and what something would cost it now. */
@Serves(pricesApi)
export class PricesService implements PricesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Rater) private readonly rater: Rater,
    @Inject(CONFIG) private readonly config: ConfigOf<typeof billingConfig>,
  ) {}

  async list(ctx: Ctx, input: ListPrices): Promise<Page<Price>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const place = after ?? [null, null, null, null];
    const moment = input.at === undefined ? this.clock.now() : momentOf(input.at);
    const filter = [moment, input.category ?? null];
    const params = [ctx.tenantId, ...filter, limit + 1, this.config.CURRENCY, ...place];
    const rows = await this.tenant.read<CatalogueRow>(ctx, LIST_PRICES, params);
    return this.cursors.page(
      ctx,
      LIST,
      input,
      rows,
      ({ category, provider, unit, model }) => [category, provider, unit, model ?? ''],
      toPrice,
    );
  }

  /** Nothing is locked and nothing counted: who uses something meanwhile may change what it will cost. */
  quote(ctx: Ctx, { items: asked, at }: RequestQuote): Promise<Quote> {
    return this.tenant.run(ctx, async (db) => {
      const { currency, available } = await this.funds(db);
      const moment = at === undefined ? this.clock.now() : momentOf(at);
      const estimates = await this.rater.estimate(db, currency, asked.map(toUsed), moment);
      const items = estimates.map((estimate) => {
        if ('error' in estimate) throw withPointers(estimate.error, estimates);
        return estimate.item;
      });
      const total = items.reduce((sum, { cost }) => sum.add(cost), amount('0'));
      return { items, total: moneyText(total), currency, available, covered: total.lte(available) };
    });
  }

  private async funds(db: TenantDb): Promise<{ currency: string; available: string }> {
    const read = () => db.query<{ currency: string; available: string }>(WALLET_FUNDS, [db.tenantId]);
    const [funds] = await read();
    if (funds) return funds;
    await (await this.wallets.take(db)).save();
    return (await read())[0] as { currency: string; available: string };
  }
}

function toUsed({ model, ...item }: QuoteItem): Used {
  return { ...item, model: model ?? null };
}

// Dates of ISO 8601 that JavaScript or the database cannot hold: weeks, and years of five digits.
function momentOf(text: string): Date {
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  if (year >= 1 && year <= 9999) return moment;
  const detail = 'must be a date of the years 1 to 9999';
  throw requestErrors.invalid({ errors: [{ pointer: '/at', code: 'range', detail }] });
}

/** The error of the first item that could not be rated, with a pointer to each such item. */
function withPointers(first: AppError, estimates: Estimate[]): AppError {
  const errors = estimates.flatMap((estimate, i) =>
    'error' in estimate
      ? [{ pointer: `/items/${i}`, code: estimate.error.code, detail: estimate.error.message }]
      : [],
  );
  return new AppError(first.code, { kind: first.kind, text: first.message, log: first.log }, { errors });
}
