import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Int, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { Price } from './prices.api.js';

/** Lines of one file of prices, and characters of it: a request on the bus has at most 1 MiB. */
export const PRICE_LINES_MAX = 1000;
export const PRICE_FILE_CHARS_MAX = 256 * 1024;
/** A published price starts at least so long after its publication: whatever is rated meanwhile happened before it. */
export const PUBLISH_LEAD_MS = 60_000;

/** The columns of a file of prices, in the order in which they are exported. */
export const PRICE_FILE_COLUMNS = [
  'tenant',
  'category',
  'provider',
  'model',
  'unit',
  'currency',
  'scheme',
  'unit_price',
  'package_size',
  'tiers',
  'included_quantity',
  'minimum_charge',
  'effective_from',
  'effective_to',
  'description',
] as const;
export type PriceFileColumn = (typeof PRICE_FILE_COLUMNS)[number];

export class ListCatalogue extends PageRequest {
  @Uuid({ optional: true, description: 'Only what is of this tenant.' })
  tenantId?: string;

  @Bool({ optional: true, description: 'Past validities as well, instead of those that hold or will.' })
  history?: boolean;
}

export class CataloguePrice extends Price {
  @Uuid({ nullable: true, description: 'Whose own price it is; null for everybody.' })
  tenantId!: string | null;

  @Uuid({ nullable: true, description: 'The import that made it; null for what no import made.' })
  draftId!: string | null;

  @Int({
    min: 1,
    nullable: true,
    description: 'Line of that file; null where it goes on after the line that interrupted it.',
  })
  draftLine!: number | null;
}

export class PriceFilePart {
  @Text({
    max: PRICE_FILE_CHARS_MAX,
    description: 'CSV; the first part starts with the names of the columns.',
  })
  csv!: string;

  @Text({ max: 1024, nullable: true, description: 'Pass it as `cursor` for the next part; null at the end.' })
  next!: string | null;
}

export class ImportPrices {
  @Text({ min: 1, max: PRICE_FILE_CHARS_MAX, description: 'CSV as it is exported.' })
  file!: string;

  @Text({ min: 1, max: 500, optional: true, description: 'What for, for colleagues.' })
  note?: string;
}

export const DRAFT_STATUSES = ['draft', 'published', 'discarded'] as const;
export type DraftStatus = (typeof DRAFT_STATUSES)[number];

export class PriceDraft {
  @Uuid()
  id!: string;

  @OneOf(DRAFT_STATUSES)
  status!: DraftStatus;

  @Text({ max: 500, nullable: true })
  note!: string | null;

  @Int({ min: 0, description: 'Lines of the file.' })
  lines!: number;

  @Timestamp()
  createdAt!: string;

  @Timestamp({ nullable: true })
  endedAt!: string | null;

  @Timestamp({ nullable: true, description: 'When its prices started, or will.' })
  effectiveFrom!: string | null;
}

export const PRICE_CHANGES = ['added', 'changed', 'ends', 'unchanged'] as const;
export type PriceChangeKind = (typeof PRICE_CHANGES)[number];

/** What one line of a draft does to the list. */
export class PriceChange {
  @Int({ min: 1, description: 'Line of the file.' })
  line!: number;

  @Uuid({ nullable: true, description: 'Whose own price it is; null for everybody.' })
  tenantId!: string | null;

  @Text({ max: 300, description: 'Category, provider, model and unit.' })
  entry!: string;

  @OneOf(PRICE_CHANGES)
  change!: PriceChangeKind;

  @Text({ max: 4000, nullable: true, description: 'What it costs until then, if anything.' })
  before!: string | null;

  @Text({ max: 4000, description: 'What it costs from then on.' })
  after!: string;

  @Timestamp({ nullable: true, description: 'From when; null while that is the moment of publication.' })
  from!: string | null;

  @Timestamp({ nullable: true, description: 'Until when, exclusive.' })
  to!: string | null;
}

export class PlannedDraft extends PriceDraft {
  @ListOf(() => PriceChange, { items: PRICE_LINES_MAX })
  changes!: PriceChange[];
}

export class PriceDraftRef {
  @Uuid()
  draftId!: string;
}

export class PreviewPrices extends PriceDraftRef {
  @Uuid({ description: 'Whose usage to rate again.' })
  tenantId!: string;

  @Timestamp({
    description: 'Usage at or after. Tiers count from the start of its month (UTC) all the same.',
  })
  from!: string;

  @Timestamp({ description: 'Usage before.' })
  to!: string;
}

export const PREVIEW_ENTRIES_MAX = 500;

/** What the usage of one entry cost, and what it would have cost under the draft. */
export class PreviewLine {
  @Text({ max: 300, description: 'Category, provider, model and unit.' })
  entry!: string;

  @Text({ max: 3 })
  currency!: string;

  @Int({ min: 0 })
  uses!: number;

  @DecimalText()
  quantity!: string;

  @DecimalText({ description: 'What it cost.' })
  before!: string;

  @DecimalText({ description: 'What it would have cost.' })
  after!: string;

  @DecimalText({ signed: true, description: 'How much more; less where it is negative.' })
  delta!: string;
}

export class PricePreview {
  @ListOf(() => PreviewLine, {
    items: PREVIEW_ENTRIES_MAX,
    description: 'Entries that the draft changes, if they were used.',
  })
  items!: PreviewLine[];
}

export class PublishPrices extends PriceDraftRef {
  @Timestamp({ optional: true, description: 'From when its prices hold; a minute from now unless told.' })
  at?: string;
}

/** What those do who set the prices; no route leads here. */
export interface OperatorPricesApi {
  /** Every price that holds or will, of everybody and of each tenant. */
  list(ctx: Ctx, input: ListCatalogue): Promise<Page<CataloguePrice>>;
  /** The same as a file. */
  exportFile(ctx: Ctx, input: ListCatalogue): Promise<PriceFilePart>;
  /**
   * Keeps a file as a draft, which nobody is charged by, and says what it would change.
   * @throws AppError `price.bad_file` with all that is wrong, by line and column
   */
  importFile(ctx: Ctx, input: ImportPrices): Promise<PlannedDraft>;
  listDrafts(ctx: Ctx, input: PageRequest): Promise<Page<PriceDraft>>;
  /** @throws AppError `price.no_draft` | `price.draft_ended` */
  getDraft(ctx: Ctx, input: PriceDraftRef): Promise<PlannedDraft>;
  /**
   * Rates the real usage of a tenant again as if the draft had been valid then; nothing changes.
   * @throws AppError `price.no_draft` | `price.draft_ended` | `request.invalid`
   */
  preview(ctx: Ctx, input: PreviewPrices): Promise<PricePreview>;
  /**
   * Makes all of a draft the list, at once, from one moment on. What was valid until then ends there and stays as it was.
   * @throws AppError `price.no_draft` | `price.draft_ended` | `price.draft_stale` | `price.too_soon` | `price.bad_file`
   */
  publish(ctx: Ctx, input: PublishPrices): Promise<PlannedDraft>;
  /** @throws AppError `price.no_draft` | `price.draft_ended` */
  discard(ctx: Ctx, input: PriceDraftRef): Promise<PriceDraft>;
}
export const operatorPricesApi = defineApi<OperatorPricesApi>('billing.operator-prices', {
  list: { input: ListCatalogue, output: pageOf(CataloguePrice), can: 'system', idempotent: true },
  exportFile: { input: ListCatalogue, output: PriceFilePart, can: 'system', idempotent: true },
  importFile: { input: ImportPrices, output: PlannedDraft, can: 'system' },
  listDrafts: { input: PageRequest, output: pageOf(PriceDraft), can: 'system', idempotent: true },
  getDraft: { input: PriceDraftRef, output: PlannedDraft, can: 'system', idempotent: true },
  preview: { input: PreviewPrices, output: PricePreview, can: 'system', idempotent: true },
  publish: { input: PublishPrices, output: PlannedDraft, can: 'system' },
  discard: { input: PriceDraftRef, output: PriceDraft, can: 'system' },
});
