import type { Ctx } from '@leadwire/kernel';
import type { TenantTransaction } from '@leadwire/persistence';
import { MERGE_SEARCH_ENTRIES } from './store.queries.js';

/** So many new leads are merged at once: more would slow searches down, fewer would write the same pages again and again. */
const MERGED_AT_ONCE = 20_000;
/** So few are left to whoever writes leads next. */
const LEFT_MAX = 1_000;

/**
 * Merges what an import added to the search index into it, beside the next batches. Searches find new leads before as well,
 * by reading their entries one after the other; so nothing is lost when a merge fails: the next one, the autovacuum or
 * whoever writes a lead takes its entries along.
 */
export class SearchEntries {
  private merging?: Promise<void>;
  private waiting = 0;

  constructor(
    private readonly tenant: TenantTransaction,
    private readonly ctx: Ctx,
  ) {}

  /** So many leads are new. Does not wait. */
  added(leads: number): void {
    this.waiting += leads;
    if (this.waiting >= MERGED_AT_ONCE) this.merging ??= this.merge();
  }

  /** Waits until what there is is merged. */
  async settled(): Promise<void> {
    await this.merging;
    if (this.waiting > LEFT_MAX) await this.merge();
  }

  private async merge(): Promise<void> {
    this.waiting = 0;
    await this.tenant.run(this.ctx, (db) => db.query(MERGE_SEARCH_ENTRIES)).catch(() => undefined);
    this.merging = undefined;
  }
}
