import { Controller, Get } from '@nestjs/common';
import { ledgerApi, ListLedger, type LedgerApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The postings of the wallet, newest first. */
@Controller('billing/ledger')
export class LedgerController {
  constructor(@PassThrough(ledgerApi) private readonly ledger: LedgerApi) {}

  /** Lists the postings of the wallet, newest first. */
  @Get()
  @Endpoint(ledgerApi.list, { summary: 'List the ledger' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListLedger) {
    return this.ledger.list(ctx, input);
  }
}
