import { Inject } from '@nestjs/common';
import {
  LEDGER_EXPORT_FORMAT,
  LEDGER_PART_BYTES_MAX,
  ledgerExportApi,
  type ExportLedger,
  type LedgerExport,
  type LedgerExportApi,
  type LedgerPart,
  type ReadLedgerPart,
} from '@leadwire/contracts';
import { Clock, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { EXPORT_PART, OPEN_EXPORT } from './ledger-export.queries.js';

const PART_POSTINGS_MAX = 1_000;

type OpenedRow = Omit<LedgerExport, 'format' | 'after' | 'last' | 'exportedAt'> & { last: string };

/** Writes a team's whole ledger down, so that others than we can hold it against itself. */
@Serves(ledgerExportApi)
export class LedgerExportService implements LedgerExportApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async open(ctx: Ctx, { after = 0 }: ExportLedger): Promise<LedgerExport> {
    const row = await this.wallets.readOrMake<OpenedRow>(ctx, OPEN_EXPORT, [ctx.tenantId, after]);
    if (after > 0 && row.afterHash === null) {
      const errors = [{ pointer: '/after', code: 'range', detail: `there are ${row.last} postings` }];
      throw requestErrors.invalid({ errors });
    }
    const exportedAt = this.clock.now().toISOString();
    return { format: LEDGER_EXPORT_FORMAT, ...row, after, last: Number(row.last), exportedAt };
  }

  async read(ctx: Ctx, { after, last }: ReadLedgerPart): Promise<LedgerPart> {
    const [part] = await this.tenant.read<{ lines: string | null; last: string | null }>(ctx, EXPORT_PART, [
      ctx.tenantId,
      after,
      last,
      PART_POSTINGS_MAX,
      LEDGER_PART_BYTES_MAX,
    ]);
    if (part?.lines === null || part?.lines === undefined)
      throw requestErrors.not_found({ internal: `no postings from ${after} to ${last}` });
    return { lines: part.lines, last: Number(part.last) };
  }
}
