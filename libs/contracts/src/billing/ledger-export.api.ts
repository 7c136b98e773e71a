import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';

/** How an export is written; another version would have another name. */
export const LEDGER_EXPORT_FORMAT = 'leadwire-ledger-1';
/** Bytes of one part of an export; NATS takes no message of more than 1 MiB, and quotes grow on the way. */
export const LEDGER_PART_BYTES_MAX = 400_000;

export class ExportLedger {
  @Int({
    min: 0,
    optional: true,
    description: 'Only the postings after this one; what an earlier export ended with.',
  })
  after?: number;
}

/** First line of an export: whose it is, and how it ends. */
export class LedgerExport {
  @OneOf([LEDGER_EXPORT_FORMAT])
  format!: typeof LEDGER_EXPORT_FORMAT;

  @Uuid()
  tenantId!: string;

  @Uuid()
  walletId!: string;

  @Text({ max: 3 })
  currency!: string;

  @Int({ min: 0, description: 'The export starts after this posting; 0 for the first.' })
  after!: number;

  @Text({ max: 64, nullable: true, description: 'Hash of that posting; null for the start of the chain.' })
  afterHash!: string | null;

  @DecimalText({ description: 'Balance that the export starts from.' })
  openingBalance!: string;

  @DecimalText({ description: 'What was held when it starts.' })
  openingReserved!: string;

  @Int({ min: 0, description: 'Place of the last posting.' })
  last!: number;

  @Text({ max: 64, nullable: true, description: 'Hash of the last posting; null when there is none.' })
  head!: string | null;

  @DecimalText({ description: 'Balance of the wallet after the last posting.' })
  balance!: string;

  @DecimalText({ description: 'What the wallet holds after it.' })
  reserved!: string;

  @Timestamp()
  exportedAt!: string;
}

export class ReadLedgerPart {
  @Int({ min: 0 })
  after!: number;

  @Int({ min: 1 })
  last!: number;
}

export class LedgerPart {
  @Text({ max: 2 * LEDGER_PART_BYTES_MAX, description: 'One line of JSON for each posting.' })
  lines!: string;

  @Int({ min: 1, description: 'Place of the last posting in it.' })
  last!: number;
}

export interface LedgerExportApi {
  /**
   * Says what an export will hold; nothing that is posted later changes it.
   * @throws AppError `request.invalid` when there is no posting `after`
   */
  open(ctx: Ctx, input: ExportLedger): Promise<LedgerExport>;
  /** The next lines of it, as many as fit into a message. */
  read(ctx: Ctx, input: ReadLedgerPart): Promise<LedgerPart>;
}
export const ledgerExportApi = defineApi<LedgerExportApi>('billing.ledger-export', {
  open: { input: ExportLedger, output: LedgerExport, can: 'billing.read', idempotent: true },
  read: { input: ReadLedgerPart, output: LedgerPart, can: 'billing.read', idempotent: true },
});
