import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { priceErrors, type PriceChange } from '@leadwire/contracts';
import { translateDatabaseError } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import type { ListedPrice, PricePlan } from './plan.js';
import type { DraftLine } from './price-entry.js';
import {
  ACT_AS_OPERATOR,
  ADD_PRICES,
  CANCEL_PRICES,
  END_PRICES,
  GET_DRAFT,
  LISTED_PRICES,
  LOCK_DRAFT,
  type CatalogueRow,
  type DraftRow,
} from './prices.queries.js';

export type Query = <R extends object>(sql: string, params?: unknown[]) => Promise<R[]>;
export type Draft = DraftRow & { entries: DraftLine[]; changes: PriceChange[] | null };

/** The whole price list and its drafts, of everybody and of all tenants, for operators. */
@Injectable()
export class PriceList {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** One transaction that may see and change all of it. */
  async asOperator<T>(work: (query: Query) => Promise<T>): Promise<T> {
    try {
      return await this.source.transaction(async (manager) => {
        await manager.query(ACT_AS_OPERATOR);
        return work((sql, params) => manager.query(sql, params));
      });
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** All validities of what some lines speak of, of everybody and of the tenants they name. */
  async listed(query: Query, lines: DraftLine[]): Promise<ListedPrice[]> {
    const rows = await query<CatalogueRow>(LISTED_PRICES, [
      lines.map(({ category }) => category),
      lines.map(({ provider }) => provider),
      lines.map(({ model }) => model ?? ''),
      lines.map(({ unit }) => unit),
      lines.map(({ currency }) => currency),
      [...new Set(lines.flatMap(({ tenantId }) => tenantId ?? []))],
    ]);
    return rows.map(({ effectiveFrom: from, effectiveTo: to, ...row }) => ({ ...row, from, to }));
  }

  /**
   * A draft that was neither published nor discarded.
   * @param lock takes it for the rest of the transaction
   * @throws AppError `price.no_draft` | `price.draft_ended`
   */
  async openDraft(query: Query, id: string, lock = false): Promise<Draft> {
    const [draft] = await query<Draft>(lock ? LOCK_DRAFT : GET_DRAFT, [id]);
    if (!draft) throw priceErrors.no_draft();
    if (draft.status !== 'draft') throw priceErrors.draft_ended({ extras: { status: draft.status } });
    return draft;
  }

  async write(query: Query, draftId: string, { cancelled, ends, added }: PricePlan): Promise<void> {
    await query(CANCEL_PRICES, [cancelled]);
    const changed = [ends.map(({ id }) => id), ends.map(({ to }) => to)];
    await query(END_PRICES, [...changed, true]);
    await query(END_PRICES, [...changed, false]);
    await query(ADD_PRICES, [JSON.stringify(added), draftId]);
  }
}
