import {
  FundsAvailable,
  FundsExhausted,
  LowBalanceReached,
  WalletToppedUp,
  type EventType,
} from '@leadwire/contracts';
import { amount, assert, moneyText, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { queueAutoTopUp } from '../payments/auto-top-up-queue.js';
import { payDebts } from '../payments/debts.js';
import { answersTo, causeOf, rowsOf, type Batch } from './batch.js';
import type { Answer, Command } from './command.js';
import { POST_BATCH, SAVE_MARKS } from './posting.queries.js';

/** Commands of one statement; more would hold the wallet too long. */
export const POST_BATCH_MAX = 500;
/** How many times the threshold a balance must reach before a low one is announced again. */
const LOW_BALANCE_REARM = '1.1';

const ADDS_MONEY: ReadonlySet<Command['kind']> = new Set(['topup', 'credit', 'reinstatement']);

export type WalletRow = {
  id: string;
  status: string;
  currency: string;
  balance: string;
  reserved: string;
  threshold: string | null;
  autoTopUpBelow: string | null;
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
  private reservedNow: Amount;
  private exhaustedNow: boolean;
  private lowNow: boolean;
  private version: number;
  private savedVersion: number;

  constructor(
    private readonly db: TenantDb,
    private readonly row: WalletRow,
    private readonly now: Date,
  ) {
    this.balanceNow = amount(row.balance);
    this.reservedNow = amount(row.reserved);
    this.exhaustedNow = row.exhausted;
    this.lowNow = row.lowNotified;
    this.version = this.savedVersion = Number(row.eventVersion);
  }

  get id(): string {
    return this.row.id;
  }

  /** When it was locked. */
  get status(): string {
    return this.row.status;
  }

  get currency(): string {
    return this.row.currency;
  }

  get balance(): Amount {
    return this.balanceNow;
  }

  /** What of the balance nothing holds. */
  get available(): Amount {
    return this.balanceNow.minus(this.reservedNow);
  }

  /** Whether usage waits because funds ended; newer usage then queues behind it. */
  get exhausted(): boolean {
    return this.exhaustedNow;
  }

  /** Posts a batch in order and says of each what became of it. */
  async post(commands: Command[]): Promise<Answer[]> {
    assert(commands.length <= POST_BATCH_MAX, `at most ${POST_BATCH_MAX} commands at once`);
    if (commands.length === 0) return [];
    const all = answersTo(commands, await this.send(rowsOf(commands, this.now)));
    commands.forEach((command, i) => this.welcome(command, all[i] as Answer));
    // Money that is paid in first pays back what the wallet owes, whatever way it came.
    if (commands.some(({ kind }, i) => kind === 'topup' && all[i]?.outcome === 'posted'))
      await payDebts(this.db, this);
    return all;
  }

  /** Posts what expired by now and nothing else; returns how many postings that took. */
  async expire(): Promise<number> {
    return (await this.send('[]')).posted;
  }

  private async send(rows: string): Promise<Batch> {
    // What was announced so far comes before what this batch announces.
    await this.db.flushEvents();
    const params = [this.db.tenantId, this.id, this.now, rows, newId(), this.version, causeOf(this.db.ctx)];
    const [posted] = await this.db.query<{ batch: Batch }>(POST_BATCH, params, 'post-batch');
    assert(posted, 'a batch has a result');
    const { batch } = posted;
    this.balanceNow = amount(batch.balance);
    this.reservedNow = amount(batch.reserved);
    // A batch that posts nothing saves nothing: what was announced before it is still to be saved.
    this.savedVersion = batch.version;
    this.version = Math.max(this.version, batch.version);
    return batch;
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
  async save(): Promise<void> {
    this.watchThreshold();
    await this.watchAutoTopUp();
    const changed = this.exhaustedNow !== this.row.exhausted || this.lowNow !== this.row.lowNotified;
    if (this.version === this.savedVersion && !changed) return;
    const marks = [this.exhaustedNow, this.lowNow, this.version, this.now];
    await this.db.execute(SAVE_MARKS, [this.db.tenantId, this.id, ...marks]);
  }

  private welcome(command: Command, { outcome }: Answer): void {
    if (outcome !== 'posted' || !ADDS_MONEY.has(command.kind)) return;
    assert(command.amount !== undefined, 'what adds money says how much');
    this.emit(WalletToppedUp, { ...this.moment(), amount: moneyText(command.amount) });
  }

  // Said once on the way down; only a balance well above it allows the next time, so that one that hovers says it once.
  private watchThreshold(): void {
    const { threshold } = this.row;
    if (threshold === null || this.balanceNow.gte(amount(threshold).mul(LOW_BALANCE_REARM))) {
      this.lowNow = false;
    } else if (!this.lowNow && this.balanceNow.lt(threshold) && this.balanceNow.lt(this.row.balance)) {
      this.lowNow = true;
      this.emit(LowBalanceReached, { ...this.moment(), threshold: moneyText(amount(threshold)) });
    }
  }

  // Noted with the posting that crosses it, or that funds did not cover; whoever tops up looks again, so once is enough.
  private async watchAutoTopUp(): Promise<void> {
    const { autoTopUpBelow, balance, exhausted } = this.row;
    if (autoTopUpBelow === null) return;
    const crossed = this.balanceNow.lt(autoTopUpBelow) && amount(balance).gte(autoTopUpBelow);
    if (crossed || (this.exhaustedNow && !exhausted)) await queueAutoTopUp(this.db, this.now);
  }

  private moment(): { walletId: string; balance: string; currency: string } {
    return { walletId: this.id, balance: moneyText(this.balanceNow), currency: this.currency };
  }

  /** Announces something of the wallet, numbered among all that is announced of it; {@link save} keeps the number. */
  emit<D extends object>(type: EventType<D>, data: D): void {
    this.db.emit(type, this.id, data, { version: ++this.version });
  }
}
