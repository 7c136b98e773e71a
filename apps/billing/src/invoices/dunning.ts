import { Inject, Injectable } from '@nestjs/common';
import { InvoiceOverdue, InvoiceReminded, InvoiceVoided } from '@leadwire/contracts';
import { assert, Clock, systemCtx } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { daysAfter } from './calendar.js';
import { Collection } from './collection.js';
import type { InvoiceConfig } from './invoice.config.js';
import { momentOf, type InvoiceRow } from './invoice-row.js';
import {
  BECOME_OVERDUE,
  DUE_STEPS,
  FIND_INVOICE,
  NOTE_REMINDER,
  SUSPEND_WALLET,
  VOID_INVOICE,
} from './invoices.queries.js';
import { planNext } from './upkeep.js';

const STEPS_AT_ONCE = 20;
const NOT_BOUGHT = 'The credit was not paid for in time.';

/**
 * What happens to invoices that are not paid: overdue, reminders on the configured days, and on the last of them the wallet is
 * suspended. Before each step the wallet is asked once more. Credit that nobody pays for is owed by nobody: its invoice lapses.
 */
@Injectable()
export class Dunning {
  constructor(
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Collection) private readonly collection: Collection,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<InvoiceConfig, 'DUNNING_DAYS'>,
  ) {}

  /** Takes the steps that are due; after a long absence, one of each invoice at a time. @returns how many */
  step(tenantId: string): Promise<number> {
    return this.wallets.run(systemCtx(tenantId), async (db, wallet) => {
      const due = await db.query<InvoiceRow>(DUE_STEPS, [db.tenantId, this.clock.now(), STEPS_AT_ONCE]);
      for (const invoice of due) await this.take(db, wallet, invoice);
      await planNext(db, this.clock.now());
      return due.length;
    });
  }

  private async take(db: TenantDb, wallet: LockedWallet, invoice: InvoiceRow): Promise<void> {
    if (invoice.kind === 'usage' && (await this.collection.collect(db, wallet, invoice, true))) return;
    if (invoice.status === 'pending') await this.becomeOverdue(db, invoice);
    else if (invoice.kind === 'credit') await this.lapse(db, wallet, invoice);
    else await this.remind(db, wallet, invoice);
  }

  private async becomeOverdue(db: TenantDb, { id, kind, dueAt }: InvoiceRow): Promise<void> {
    assert(dueAt, 'an open invoice is to be paid at some time');
    const days = kind === 'credit' ? this.lastDay : this.dayOf(0);
    await db.execute(BECOME_OVERDUE, [db.tenantId, id, this.clock.now(), daysAfter(dueAt, days)]);
    const overdue = await read(db, id);
    db.emit(InvoiceOverdue, id, momentOf(overdue), { version: overdue.version });
  }

  private async remind(db: TenantDb, wallet: LockedWallet, invoice: InvoiceRow): Promise<void> {
    const { id, dueAt, reminders } = invoice;
    assert(dueAt, 'an open invoice is to be paid at some time');
    const step = reminders + 1;
    const last = step >= this.config.DUNNING_DAYS.length;
    const nextStepAt = last ? null : daysAfter(dueAt, this.dayOf(step));
    await db.execute(NOTE_REMINDER, [db.tenantId, id, step, nextStepAt]);
    if (last) await db.execute(SUSPEND_WALLET, [db.tenantId, wallet.id]);
    const reminded = await read(db, id);
    const suspendsAt = last ? null : daysAfter(dueAt, this.lastDay).toISOString();
    db.emit(InvoiceReminded, id, { ...momentOf(reminded), step, suspendsAt }, { version: reminded.version });
  }

  private async lapse(db: TenantDb, wallet: LockedWallet, { id }: InvoiceRow): Promise<void> {
    const notes = JSON.stringify({ voided: NOT_BOUGHT });
    await db.execute(VOID_INVOICE, [db.tenantId, id, this.clock.now(), notes]);
    const voided = await read(db, id);
    db.emit(InvoiceVoided, id, { ...momentOf(voided), reason: NOT_BOUGHT }, { version: voided.version });
    await this.collection.restore(db, wallet);
  }

  private dayOf(step: number): number {
    const day = this.config.DUNNING_DAYS[step];
    assert(day !== undefined, 'a step has a day');
    return day;
  }

  private get lastDay(): number {
    return this.dayOf(this.config.DUNNING_DAYS.length - 1);
  }
}

async function read(db: TenantDb, id: string): Promise<InvoiceRow> {
  const [row] = await db.query<InvoiceRow>(FIND_INVOICE, [db.tenantId, id]);
  assert(row, 'an invoice that is held can be read');
  return row;
}
