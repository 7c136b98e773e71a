import { Inject } from '@nestjs/common';
import {
  FORECAST_LOOKS_BACK_DAYS,
  forecastApi,
  type ForecastApi,
  type Nothing,
  type WalletForecast,
} from '@leadwire/contracts';
import { amount, Clock, moneyText, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { GET_WALLET, type WalletView } from '../wallets/wallets.queries.js';
import { DAILY_USE, REMAINING_LOTS, USED_SO_FAR } from './forecast.queries.js';
import { forecast } from './forecast.js';

/** Lots that are reckoned with one by one; whoever has more lasts a little longer than is said. */
const LOTS_MAX = 1_000;

/** How long the balance will last, at the pace of the last weeks. */
@Serves(forecastApi)
export class ForecastService implements ForecastApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async get(ctx: Ctx, _: Nothing): Promise<WalletForecast> {
    const now = this.clock.now();
    const { balance, currency } = await this.wallets.readOrMake<WalletView>(ctx, GET_WALLET, [ctx.tenantId]);
    const [days, lots] = await Promise.all([
      this.tenant.read<{ used: string }>(ctx, DAILY_USE, [ctx.tenantId, now, FORECAST_LOOKS_BACK_DAYS]),
      this.tenant.read<{ remaining: string; expiresAt: Date | null }>(ctx, REMAINING_LOTS, [
        ctx.tenantId,
        LOTS_MAX,
      ]),
    ]);
    const used =
      days.length > 0
        ? days
        : await this.tenant.read<{ used: string }>(ctx, USED_SO_FAR, [ctx.tenantId, now]);
    const { perDay, ...foreseen } = forecast(
      used.map((day) => amount(day.used)),
      lots.map(({ remaining, expiresAt }) => ({ remaining: amount(remaining), expiresAt })),
      now,
    );
    return { balance, currency, days: days.length, perDay: moneyText(perDay), ...foreseen };
  }
}
