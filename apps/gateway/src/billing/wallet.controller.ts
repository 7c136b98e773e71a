import { Controller, Get, Patch, Post } from '@nestjs/common';
import {
  forecastApi,
  Nothing,
  TopUpWallet,
  UpdateWallet,
  walletsApi,
  type ForecastApi,
  type WalletsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The team's wallet: balance, warnings, top-up by hand. */
@Controller('billing/wallet')
export class WalletController {
  constructor(
    @PassThrough(walletsApi) private readonly wallets: WalletsApi,
    @PassThrough(forecastApi) private readonly forecasts: ForecastApi,
  ) {}

  /** Reads the tenant's wallet. */
  @Get()
  @Endpoint(walletsApi.get, { summary: 'Read the wallet' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.wallets.get(ctx, input);
  }

  /** Sets when the team is warned of a low balance, and what it keeps with the wallet. */
  @Patch()
  @Endpoint(walletsApi.update, { summary: 'Change the settings of the wallet' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateWallet) {
    return this.wallets.update(ctx, input);
  }

  /** Adds money; waiting usage is charged, oldest first. */
  @Post('top-ups')
  @Endpoint(walletsApi.topUp, { summary: 'Top the wallet up' })
  topUp(@RequestCtx() ctx: Ctx, @Input() input: TopUpWallet) {
    return this.wallets.topUp(ctx, input);
  }

  /** Holds the balance against the whole ledger and usage. */
  @Get('audit')
  @Endpoint(walletsApi.audit, { summary: 'Audit the wallet against its ledger' })
  audit(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.wallets.audit(ctx, input);
  }

  /** Says on which day the wallet runs dry, from how it was used lately. */
  @Get('forecast')
  @Endpoint(forecastApi.get, { summary: 'Forecast when the wallet runs dry' })
  forecast(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.forecasts.get(ctx, input);
  }
}
