import {
  FundsAvailable,
  FundsExhausted,
  LowBalanceReached,
  WalletToppedUp,
  type EventType,
} from '@leadwire/contracts';
import { amount, assert, moneyText, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { postingColumns, type Posted, type Posting } from './posting.js';
import { POST, SAVE_MARKS } from './posting.queries.js';

/** Postings of one statement; more would hold the wallet too long. */
export const POST_BATCH_MAX = 500;

export type WalletRow = {
  id: string;
  currency: string;
  balance: string;
  threshold: string | null;
  lowNotified: boolean;
  exhausted: boolean;
  eventVersion: string;
};

/**
 * The tenant's wallet while this transaction holds it: nobody else posts on it meanwhile. What happened to it as a whole
 * (funds ended, came back, ran low) is announced from here, each crossing once, numbered so that listeners can tell the order.
 */
export class LockedWallet {
  private balanceNow: Amount;
  private exhaustedNow: boolean;
  private lowNow: boolean;
  private version: number;

  constructor(
    private readonly db: TenantDb,
    private readonly row: WalletRow,
  ) {
    this.balanceNow = amount(row.balance);
    this.exhaustedNow = row.exhausted;
    this.lowNow = row.lowNotified;
    this.version = Number(row.eventVersion);
  }

  get id(): string {
    return this.row.id;
  }

  get currency(): string {
    return this.row.currency;
  }

  get balance(): Amount {
    return this.balanceNow;
  }

  /** Whether usage waits because funds ended; newer usage then queues behind it. */
  get exhausted(): boolean {
    return this.exhaustedNow;
  }

  /** Posts a batch in order and says of each what became of it. Keys within a batch differ. */
  async post(postings: Posting[]): Promise<Posted[]> {
    if (postings.length === 0) return [];
    assert(postings.length <= POST_BATCH_MAX, `at most ${POST_BATCH_MAX} postings at once`);
    const posted = await this.db.query<Posted>(POST, [
      this.db.tenantId,
      this.id,
      ...postingColumns(postings),
    ]);
    assert(posted.length === postings.length, 'each posting has an outcome');
    const last = posted.findLast(({ outcome }) => outcome === 'posted');
    if (last) this.balanceNow = amount(last.balanceAfter);
    return posted;
  }

  /** Announces that money came in. */
  toppedUp(value: Amount): void {
    this.emit(WalletToppedUp, { ...this.moment(), amount: moneyText(value) });
  }

  /** Notes that usage of `pending` in all could not be charged. */
  exhaust(pending: Amount): void {
    if (this.exhaustedNow) return;
    this.exhaustedNow = true;
    this.emit(FundsExhausted, { ...this.moment(), pending: moneyText(pending) });
  }

  /** Notes that no usage waits any more; funds are back only if some are left. */
  recover(): void {
    if (!this.exhaustedNow || this.balanceNow.lte(0)) return;
    this.exhaustedNow = false;
    this.emit(FundsAvailable, this.moment());
  }

  /** Writes what changed beside the balance; call it last. */
  async save(now: Date): Promise<void> {
    this.watchThreshold();
    if (this.version === Number(this.row.eventVersion) && this.lowNow === this.row.lowNotified) return;
    await this.db.execute(SAVE_MARKS, [
      this.db.tenantId,
      this.id,
      this.exhaustedNow,
      this.lowNow,
      this.version,
      now,
    ]);
  }

  // Said once on the way down; being above it again, however shortly, allows the next time.
  private watchThreshold(): void {
    const { threshold } = this.row;
    if (threshold === null || this.balanceNow.gte(threshold)) {
      this.lowNow = false;
    } else if (!this.lowNow && this.balanceNow.lt(this.row.balance)) {
      this.lowNow = true;
      this.emit(LowBalanceReached, { ...this.moment(), threshold: moneyText(amount(threshold)) });
    }
  }

  private moment(): { walletId: string; balance: string; currency: string } {
    return { walletId: this.id, balance: moneyText(this.balanceNow), currency: this.currency };
  }

  private emit<D extends object>(type: EventType<D>, data: D): void {
    this.db.emit(type, this.id, data, { version: ++this.version });
  }
}
