import { Readable } from 'node:stream';
import { Controller, Get, Res } from '@nestjs/common';
import { ExportLedger, ledgerExportApi, type LedgerExport, type LedgerExportApi } from '@leadwire/contracts';
import { REQUEST_DEADLINE_MS, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import type { FastifyReply } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The whole ledger as a file that proves itself. */
@Controller('billing/ledger/export')
export class LedgerExportController {
  constructor(@Client(ledgerExportApi) private readonly ledger: LedgerExportApi) {}

  /**
   * The whole ledger as lines of JSON: what it is and how it ends, then each posting with its hash. `npm run ledger:verify`
   * recomputes chain and balances from it alone.
   */
  @Get()
  @Endpoint(ledgerExportApi.open, { summary: 'Export the ledger', produces: 'application/x-ndjson' })
  async export(
    @RequestCtx() ctx: Ctx,
    @Input() input: ExportLedger,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const opened = await this.ledger.open(ctx, input);
    const name = `ledger-${opened.walletId}-${opened.last}.ndjson`;
    await reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(this.lines(ctx, opened)));
  }

  /** One part after another, the next when the client has taken the last: memory stays the same however long the ledger is. */
  private async *lines(ctx: Ctx, opened: LedgerExport): AsyncGenerator<string> {
    yield `${JSON.stringify(opened)}\n`;
    for (let after = opened.after; after < opened.last;) {
      // The client takes as long as it takes; each part has the time of a request of its own.
      const fresh = { ...ctx, deadline: Date.now() + REQUEST_DEADLINE_MS };
      const part = await this.ledger.read(fresh, { after, last: opened.last });
      yield part.lines;
      after = part.last;
    }
  }
}
