import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { Metrics, Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { REPLAYED_IN_TURN, SelfAudit } from './self-audit.js';
import { NOTE_AUDITED, NOTE_REPLAYED, TAKE_TAILS, TAKE_WHOLE, type DueTail } from './self-audit.queries.js';
import { tailOf, violationsOfChanged } from './changed.js';

/** What is posted is audited within this and a round. */
const TAIL_EVERY_MS = 30_000;
const WALLETS_PER_ROUND = 50;
/** How often a wallet is held as a whole against every invariant, at most. */
const WHOLE_EVERY_MS = 60 * 60_000;
/** After a whole audit, the next one waits this many times as long as it took, so that they never take more than a tenth. */
const WHOLE_REST_FACTOR = 9;

/**
 * Audits what changed in the wallets, and all of every wallet in turn. Replicas share the work: each takes what no other took.
 * What a killed one had taken is due again after the same time.
 */
@Injectable()
export class AuditWorker extends Rounds {
  protected readonly everyMs = 5_000;
  protected readonly trouble = 'wallets could not be audited';
  private readonly audited;
  private wholeFrom = 0;

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(SelfAudit) private readonly selfAudit: SelfAudit,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Metrics) metrics: Metrics,
  ) {
    super();
    this.audited = metrics.counter('leadwire_ledger_audited_total', 'Postings audited.', []);
  }

  async round(): Promise<boolean> {
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() - TAIL_EVERY_MS);
    const [due] = await this.dataSource.query<[DueTail[], number]>(TAKE_TAILS, [
      now,
      dueAt,
      WALLETS_PER_ROUND,
    ]);
    for (const tail of due) if (!this.stopped) await this.auditTail(tail, dueAt);
    if (!this.stopped && performance.now() >= this.wholeFrom) await this.auditOneWhole();
    return due.length === WALLETS_PER_ROUND;
  }

  private async auditTail(due: DueTail, dueAt: Date): Promise<void> {
    const { tenantId, walletId, lastSeq } = due;
    const tail = tailOf(walletId, due);
    const { from, to, event } = tail;
    try {
      const found = await this.selfAudit.hold(tenantId, walletId, (db) => violationsOfChanged(db, tail));
      if (found.length > 0) return;
      const again = to < Number(lastSeq) ? dueAt : null;
      await this.tenant.run(systemCtx(tenantId), (db) =>
        db.execute(NOTE_AUDITED, [walletId, from, to, again, event]),
      );
      this.audited.inc(to - from);
    } catch (err) {
      this.logger.error({ err, tenantId, walletId }, 'a wallet could not be audited');
    }
  }

  private async auditOneWhole(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - WHOLE_EVERY_MS);
    const [[due]] = await this.dataSource.query<[{ tenantId: string; walletId: string }[], number]>(
      TAKE_WHOLE,
      [now, before],
    );
    if (!due) return;
    const started = performance.now();
    const { tenantId, walletId } = due;
    try {
      const found = await this.selfAudit.whole(tenantId, walletId);
      if (found.length === 0)
        await this.tenant.run(systemCtx(tenantId), (db) =>
          db.execute(NOTE_REPLAYED, [walletId, REPLAYED_IN_TURN]),
        );
    } catch (err) {
      this.logger.error({ err, ...due }, 'a whole wallet could not be audited');
    }
    const ended = performance.now();
    this.wholeFrom = ended + WHOLE_REST_FACTOR * (ended - started);
  }
}
