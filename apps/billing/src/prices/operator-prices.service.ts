import { Inject } from '@nestjs/common';
import {
  operatorPricesApi,
  priceErrors,
  type CataloguePrice,
  type ImportPrices,
  type ListCatalogue,
  type OperatorPricesApi,
  type Page,
  type PageRequest,
  type PlannedDraft,
  type PreviewPrices,
  type PriceDraft,
  type PriceDraftRef,
  type PriceFilePart,
  type PricePreview,
  type PublishPrices,
} from '@leadwire/contracts';
import { Clock, newId, requestErrors, systemCtx, type Ctx, type InputError } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { monthOf } from '../usage/rating.js';
import { toCataloguePrice } from './catalogue-price.js';
import { earliestStart, planPrices } from './plan.js';
import { Preview, type PastUse } from './preview.js';
import type { DraftLine } from './price-entry.js';
import { parsePriceFile, PRICE_FILE_HEADER, fault, priceLine } from './price-file.js';
import { PriceList, type Query } from './price-list.js';
import {
  END_DRAFT,
  GET_DRAFT,
  HAS_WALLET,
  INSERT_DRAFT,
  LIST_CATALOGUE,
  LIST_DRAFTS,
  LOCK_PRICE_LIST,
  PAST_USES,
  PRICE_LIST_VERSION,
  type CatalogueRow,
  type DraftRow,
  type PriceOriginRow,
} from './prices.queries.js';

const CATALOGUE = 'operator-prices';
const DRAFTS = 'operator-price-drafts';
/** Of a file, what one answer says is wrong. */
const ERRORS_MAX = 200;
const PREVIEW_PAGE_USES = 1000;

type Listed = CatalogueRow & PriceOriginRow & { position: string };

/** The door of those who set the prices: it takes requests of the system only. */
@Serves(operatorPricesApi)
export class OperatorPricesService implements OperatorPricesApi {
  constructor(
    @Inject(PriceList) private readonly prices: PriceList,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListCatalogue): Promise<Page<CataloguePrice>> {
    return this.page(ctx, input, toCataloguePrice);
  }

  async exportFile(ctx: Ctx, input: ListCatalogue): Promise<PriceFilePart> {
    const { items, next } = await this.page(ctx, input, ({ effectiveFrom, effectiveTo, ...row }) =>
      priceLine({ ...row, from: effectiveFrom, to: effectiveTo }),
    );
    const header = input.cursor === undefined ? PRICE_FILE_HEADER : '';
    return { csv: header + items.join(''), next };
  }

  async importFile(_: Ctx, { file, note }: ImportPrices): Promise<PlannedDraft> {
    const { lines, errors } = parsePriceFile(file);
    refuse([...errors, ...(await this.unknownTenants(lines))]);
    const now = this.clock.now();
    return this.prices.asOperator(async (query) => {
      const version = await versionOf(query, PRICE_LIST_VERSION);
      const plan = planPrices(lines, await this.prices.listed(query, lines), earliestStart(now));
      refuse(plan.errors);
      const [row] = await query<DraftRow>(INSERT_DRAFT, [
        newId(),
        note ?? null,
        JSON.stringify(lines),
        version,
        now,
      ]);
      return { ...toDraft(row as DraftRow), changes: plan.changes };
    });
  }

  async listDrafts(ctx: Ctx, input: PageRequest): Promise<Page<PriceDraft>> {
    const { after, limit } = this.cursors.read(ctx, DRAFTS, input);
    const rows = await this.prices.asOperator((query) =>
      query<DraftRow>(LIST_DRAFTS, [after?.[0] ?? null, limit + 1]),
    );
    return this.cursors.page(ctx, DRAFTS, input, rows, ({ id }) => [id], toDraft);
  }

  getDraft(_: Ctx, { draftId }: PriceDraftRef): Promise<PlannedDraft> {
    return this.prices.asOperator(async (query) => {
      const [draft] = await query<Awaited<ReturnType<PriceList['openDraft']>>>(GET_DRAFT, [draftId]);
      if (!draft) throw priceErrors.no_draft();
      if (draft.changes) return { ...toDraft(draft), changes: draft.changes };
      const listed = await this.prices.listed(query, draft.entries);
      const { changes } = planPrices(draft.entries, listed, earliestStart(this.clock.now()));
      return { ...toDraft(draft), changes };
    });
  }

  /** Reads the usage page by page, each in a transaction of its own, so that it holds nothing up. */
  async preview(ctx: Ctx, { draftId, tenantId, from, to }: PreviewPrices): Promise<PricePreview> {
    const [start, end] = [new Date(from), new Date(to)];
    if (!(start < end)) {
      const detail = 'must be after from';
      throw requestErrors.invalid({ errors: [{ pointer: '/to', code: 'range', detail }] });
    }
    const { entries } = await this.prices.asOperator((query) => this.prices.openDraft(query, draftId));
    const preview = new Preview(entries, tenantId, start);
    const tenant = systemCtx(tenantId, { requestId: ctx.requestId, deadline: ctx.deadline });
    const span = [tenantId, new Date(monthOf(start)), end];
    let place: (string | null)[] = [null, null];
    for (;;) {
      const uses = await this.tenant.read<PastUse & { id: string; position: string }>(tenant, PAST_USES, [
        ...span,
        ...place,
        PREVIEW_PAGE_USES,
      ]);
      for (const use of uses) preview.add(use);
      const last = uses.at(-1);
      if (!last || uses.length < PREVIEW_PAGE_USES) return { items: preview.lines() };
      // Nobody waits for the answer any more.
      if (ctx.deadline <= Date.now()) throw requestErrors.timeout();
      place = [last.position, last.id];
    }
  }

  publish(_: Ctx, { draftId, at }: PublishPrices): Promise<PlannedDraft> {
    const now = this.clock.now();
    const start = at === undefined ? earliestStart(now) : new Date(at);
    if (!(start >= earliestStart(now))) throw priceErrors.too_soon();
    return this.prices.asOperator(async (query) => {
      const version = await versionOf(query, LOCK_PRICE_LIST);
      const draft = await this.prices.openDraft(query, draftId, true);
      if (draft.baseVersion !== version) throw priceErrors.draft_stale();
      const plan = planPrices(draft.entries, await this.prices.listed(query, draft.entries), start);
      refuse(plan.errors);
      await this.prices.write(query, draftId, plan);
      const ended = [draftId, 'published', start, JSON.stringify(plan.changes), now];
      const [row] = await query<DraftRow>(END_DRAFT, ended);
      return { ...toDraft(row as DraftRow), changes: plan.changes };
    });
  }

  discard(_: Ctx, { draftId }: PriceDraftRef): Promise<PriceDraft> {
    return this.prices.asOperator(async (query) => {
      await this.prices.openDraft(query, draftId, true);
      const [row] = await query<DraftRow>(END_DRAFT, [draftId, 'discarded', null, null, this.clock.now()]);
      return toDraft(row as DraftRow);
    });
  }

  private async page<T>(ctx: Ctx, input: ListCatalogue, item: (row: Listed) => T): Promise<Page<T>> {
    const { after, limit } = this.cursors.read(ctx, CATALOGUE, input);
    const { tenantId = null, history = false } = input;
    const place = after ?? Array.from({ length: 8 }, () => null);
    const params = [tenantId, history ? null : this.clock.now(), limit + 1, ...place];
    const rows = await this.prices.asOperator((query) => query<Listed>(LIST_CATALOGUE, params));
    return this.cursors.page(ctx, CATALOGUE, input, rows, placeOf, item);
  }

  /** A price for a tenant that does not exist would be nobody's, and whoever mistyped it would never know. */
  private async unknownTenants(lines: DraftLine[]): Promise<InputError[]> {
    const ids = [...new Set(lines.flatMap(({ tenantId }) => tenantId ?? []))];
    const unknown = new Set<string>();
    for (const id of ids)
      if ((await this.tenant.read(systemCtx(id), HAS_WALLET, [id])).length === 0) unknown.add(id);
    return lines
      .filter(({ tenantId }) => tenantId !== null && unknown.has(tenantId))
      .map(({ line }) => fault(line, 'tenant', 'unknown', 'is no tenant that has a wallet'));
  }
}

const NO_TENANT = '00000000-0000-0000-0000-000000000000';

function placeOf({ tenantId, category, provider, unit, model, currency, position, id }: Listed): string[] {
  return [tenantId ?? NO_TENANT, category, provider, unit, model ?? '', currency, position, id];
}

async function versionOf(query: Query, sql: string): Promise<string> {
  const [row] = await query<{ version: string }>(sql);
  return (row as { version: string }).version;
}

function refuse(errors: InputError[]): void {
  if (errors.length > 0)
    throw priceErrors.bad_file({ errors: errors.slice(0, ERRORS_MAX), extras: { count: errors.length } });
}

function toDraft({ id, status, note, lines, createdAt, endedAt, effectiveFrom }: DraftRow): PriceDraft {
  return {
    id,
    status,
    note,
    lines,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    effectiveFrom: effectiveFrom?.toISOString() ?? null,
  };
}
