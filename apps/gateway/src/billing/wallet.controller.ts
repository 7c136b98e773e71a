import { Controller, Get, Post } from '@nestjs/common';
import { Nothing, TopUpWallet, walletsApi, type WalletsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('billing/wallet')
export class WalletController {
  constructor(@PassThrough(walletsApi) private readonly wallets: WalletsApi) {}

  /** Reads the tenant's wallet. */
  @Get()
  @Endpoint(walletsApi.get, { summary: 'Read the wallet' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.wallets.get(ctx, input);
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
}
