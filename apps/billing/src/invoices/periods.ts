import { Inject, Injectable } from '@nestjs/common';
import { invoiceErrors } from '@leadwire/contracts';
import { Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { monthAfter, monthOf } from './calendar.js';
import {
  INSERT_USAGE_DRAFT,
  LAST_USAGE_INVOICE,
  OPEN_RANGE,
  USAGE_DRAFT,
  WALLET_OF_TENANT,
} from './invoices.queries.js';
import { closeNextAt, planNext, takeTurn } from './upkeep.js';

/** How long after its end a period is closed: what was under way then has been posted. */
const CLOSE_AFTER_MS = 60_000;

export type WalletFacts = { id: string; currency: string; status: string; lastPostedAt: Date | null };
type Last = { id: string; toSeq: string; periodEnd: Date; carriedOut: string };
type Range = { toSeq: string | null; firstAt: Date | null };

/**
 * Says which postings an invoice over usage is about. Each takes the postings of the wallet since the last one, up to a moment: since
 * they are numbered without gaps, each is on exactly one invoice, also what was charged late.
 */
@Injectable()
export class Periods {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /**
   * Closes the next month that has ended, and begins its invoice if anything was charged.
   * @returns whether there may be more to close
   */
  async closeNext(db: TenantDb): Promise<boolean> {
    const now = this.clock.now();
    const { closesAt } = await takeTurn(db, now);
    if (!closesAt || closesAt.getTime() + CLOSE_AFTER_MS > now.getTime()) return false;
    // One at a time: the last must be written before the next is begun.
    if ((await db.query(USAGE_DRAFT, [db.tenantId])).length > 0) return false;
    const [wallet] = await db.query<WalletFacts>(WALLET_OF_TENANT, [db.tenantId]);
    if (!wallet || wallet.status === 'closed') {
      await closeNextAt(db, null);
      return false;
    }
    await this.begin(db, wallet, closesAt, null);
    const next = monthAfter(closesAt);
    await closeNextAt(db, next);
    await planNext(db, now);
    return next <= now;
  }

  /**
   * Begins an invoice over what was charged until now.
   * @returns its id
   * @throws AppError `invoice.nothing_to_invoice` | `invoice.draft_open` | `invoice.wallet_closed`
   */
  async closeNow(db: TenantDb, userId: string | null): Promise<string> {
    const now = this.clock.now();
    await takeTurn(db, now);
    if ((await db.query(USAGE_DRAFT, [db.tenantId])).length > 0) throw invoiceErrors.draft_open();
    const [wallet] = await db.query<WalletFacts>(WALLET_OF_TENANT, [db.tenantId]);
    if (!wallet) throw invoiceErrors.nothing_to_invoice();
    if (wallet.status === 'closed') throw invoiceErrors.wallet_closed();
    const id = await this.begin(db, wallet, now, userId);
    if (!id) throw invoiceErrors.nothing_to_invoice();
    await planNext(db, now);
    return id;
  }

  /**
   * The team was closed: its month ends now, together with one that nobody closed yet, and the rounds invoice what it used while its
   * owners can still be told.
   */
  async endMonth(db: TenantDb): Promise<void> {
    const now = this.clock.now();
    const { closesAt } = await takeTurn(db, now);
    if (closesAt) await closeNextAt(db, now);
  }

  /** Begins an invoice over all that was charged and is on none, if there is any; for a team that ends, also when its wallet is closed. */
  async closeLast(db: TenantDb): Promise<void> {
    const now = this.clock.now();
    await takeTurn(db, now);
    if ((await db.query(USAGE_DRAFT, [db.tenantId])).length > 0) return;
    const [wallet] = await db.query<WalletFacts>(WALLET_OF_TENANT, [db.tenantId]);
    if (!wallet) return;
    await this.begin(db, wallet, afterLast(wallet, now), null);
    await planNext(db, now);
  }

  // Nothing charged, no invoice: what was posted besides is looked at again with the next period.
  private async begin(
    db: TenantDb,
    { id: walletId, currency }: WalletFacts,
    end: Date,
    userId: string | null,
  ): Promise<string | undefined> {
    const [last] = await db.query<Last>(LAST_USAGE_INVOICE, [db.tenantId]);
    const from = Number(last?.toSeq ?? 0);
    const [range] = await db.query<Range>(OPEN_RANGE, [db.tenantId, walletId, from, end]);
    if (!range?.toSeq || !range.firstAt) return undefined;
    const id = newId();
    await db.execute(INSERT_USAGE_DRAFT, [
      id,
      db.tenantId,
      walletId,
      currency,
      startOf(range.firstAt, last),
      end,
      from + 1,
      range.toSeq,
      last?.carriedOut ?? '0',
      userId,
      JSON.stringify({ run: userId === null ? 'monthly' : 'on demand' }),
      this.clock.now(),
    ]);
    return id;
  }
}

/** Now, or right after the last posting where clocks differ. */
function afterLast({ lastPostedAt }: WalletFacts, now: Date): Date {
  return new Date(Math.max(now.getTime(), (lastPostedAt?.getTime() ?? 0) + 1));
}

/** The month of the first charge, or where the last invoice ended within it. */
function startOf(firstAt: Date, last: Last | undefined): Date {
  const month = monthOf(firstAt);
  return last && last.periodEnd > month && last.periodEnd <= firstAt ? last.periodEnd : month;
}
