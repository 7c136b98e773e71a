import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DUE_TENANTS } from './scheduler.queries.js';

const PAGE_MAX = 100;

/** How far a pass has come, with times as Postgres writes them: a `Date` would cut off their microseconds. */
type Place = { dueAt: string; id: string; until: string };
const BEGINNING: Place = {
  dueAt: '-infinity',
  id: '00000000-0000-0000-0000-000000000000',
  until: 'infinity',
};

/**
 * Goes round the tenants whose turn it is, page by page, longest waiting first. However many stay due, each gets its turn before any
 * gets another, and who becomes due during a pass is left to the next one: so each comes to its end.
 */
@Injectable()
export class DueTenants {
  private place = BEGINNING;

  constructor(@Inject(getDataSourceToken()) private readonly source: DataSource) {}

  /** The next page; after the last one it begins anew. */
  async next(): Promise<string[]> {
    const { dueAt, id, until } = this.place;
    const rows = await this.source.query<Place[]>(DUE_TENANTS, [PAGE_MAX, dueAt, id, until]);
    const last = rows.length === PAGE_MAX ? rows.at(-1) : undefined;
    this.place = last ?? BEGINNING;
    return rows.map((row) => row.id);
  }

  /** Whether the pass goes on after the page that was taken last. */
  get more(): boolean {
    return this.place !== BEGINNING;
  }
}
