import { Inject, Injectable } from '@nestjs/common';
import { FREEZE_REASON_MAX } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { LOGGER, Metrics, type Logger } from '@leadwire/platform';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { freezeWallet } from '../wallets/freezing.js';
import { tailOf, violationsOfChanged } from './changed.js';
import { violationsOf, type Violation } from './invariants.js';
import { replayViolations } from './replayed.js';
import { AUDITED_SO_FAR, type Audited } from './self-audit.queries.js';

/** A whole wallet takes as long as its ledger is; past this it is too large for one look and is audited as it grows only. */
const WHOLE_AUDIT_MAX_MS = 120_000;
/** Postings whose charges are rated again each time that a whole wallet is audited; the next ones have the next turn. */
export const REPLAYED_IN_TURN = 10_000;

/** Looks at a wallet and says what is broken. */
type Check = (db: TenantDb) => Promise<Violation[]>;

/**
 * Holds wallets against their invariants and stops the one that breaks any: the wallet, never the service. A broken one is looked
 * at twice, the second time while nobody else can post on it, so that no posting under way is taken for damage.
 */
@Injectable()
export class SelfAudit {
  private readonly violations;
  private readonly frozen;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.violations = metrics.counter('leadwire_ledger_violations_total', 'Broken invariants found.', [
      'invariant',
    ]);
    this.frozen = metrics.counter('leadwire_wallets_frozen_total', 'Wallets that an audit froze.', []);
  }

  /** Holds one wallet against every invariant, with what changed since it was audited last; the first violation freezes it. */
  whole(tenantId: string, walletId: string): Promise<Violation[]> {
    return this.hold(tenantId, walletId, async (db) => {
      await db.execute(`SET LOCAL statement_timeout = ${WHOLE_AUDIT_MAX_MS}`);
      return distinct([
        ...(await violationsOf((sql, params) => db.query(sql, params), walletId)),
        ...(await this.changed(db, walletId)),
      ]);
    });
  }

  /** Runs a check; what it finds and finds again under the wallet's lock freezes the wallet. */
  async hold(tenantId: string, walletId: string, check: Check): Promise<Violation[]> {
    const ctx = systemCtx(tenantId);
    const suspected = await this.tenant.run(ctx, check);
    if (suspected.length === 0) return [];
    return this.wallets.run(ctx, async (db, wallet) => {
      const found = await check(db);
      if (found.length === 0) return [];
      const reason = reasonOf(found);
      const stopped = await freezeWallet(db, wallet, { cause: 'audit', reason, now: this.clock.now() });
      this.report(found, { tenantId, walletId, stopped });
      return found;
    });
  }

  private async changed(db: TenantDb, walletId: string): Promise<Violation[]> {
    const [audited] = await db.query<Audited & { replayedSeq: string }>(AUDITED_SO_FAR, [walletId]);
    if (!audited) return [];
    const from = Number(audited.replayedSeq);
    return [
      ...(await violationsOfChanged(db, tailOf(walletId, audited))),
      ...(await replayViolations(db, { walletId, from, to: from + REPLAYED_IN_TURN })),
    ];
  }

  private report(
    found: Violation[],
    { stopped, ...where }: { tenantId: string; walletId: string; stopped: boolean },
  ): void {
    for (const { invariant } of found) this.violations.inc({ invariant: idOf(invariant) });
    if (stopped) this.frozen.inc();
    this.logger.error(
      { ...where, stopped, violations: found },
      stopped
        ? 'a wallet breaks its invariants and was frozen; see docs/billing-invariants.md'
        : 'a wallet that is stopped already breaks its invariants',
    );
  }
}

/** Each broken row once for each invariant that it breaks, however many checks found it. */
function distinct(found: Violation[]): Violation[] {
  const byRow = new Map<string, Violation>();
  for (const one of found) {
    const key = `${idOf(one.invariant)} ${one.row}`;
    if (!byRow.has(key)) byRow.set(key, one);
  }
  return [...byRow.values()];
}

const idOf = (invariant: string): string => invariant.split(':')[0] as string;

/** The broken invariants with their rows, as many as fit. */
function reasonOf(found: Violation[]): string {
  const text = found.map(({ invariant, row, detail }) => `${invariant} (${row}: ${detail})`).join('; ');
  return text.length <= FREEZE_REASON_MAX ? text : `${text.slice(0, FREEZE_REASON_MAX - 1)}…`;
}
