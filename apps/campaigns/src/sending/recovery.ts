import { Inject, Injectable } from '@nestjs/common';
import { assert, Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import type { CampaignsConfig } from '../campaigns.config.js';
import type { Settled } from './completion.js';
import { Completions } from './completions.js';
import { Leases } from './leases.js';
import type { ClaimedMail } from './mail.js';
import type { Outcome } from './outcome.js';
import {
  ABANDONED_MAILS,
  STEPS_OF_CAMPAIGNS,
  type AbandonedRow,
  type StepOfRow,
} from './recovery.queries.js';
import { readJournal, type JournalState } from './send-journal.js';

const BATCH_MAX = 500;
/** A journal that this machine does not have may be on one that is just restarting. */
const FOREIGN_JOURNAL_GRACE_SECONDS = 300;

/**
 * Brings mails to an end whose process cannot any more. Its journal says how far each one came:
 * nothing written → it never left and may be sent; accepted → it is sent; handed over without an answer → nobody can
 * know, and the account's policy decides. A row without its journal is in the same doubt, once nobody brings it back.
 */
@Injectable()
export class Recovery {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Completions) private readonly completions: Completions,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: CampaignsConfig,
  ) {}

  /** Settles abandoned mails of a tenant; returns how many. */
  recover(tenantId: string): Promise<number> {
    return this.tenant.run(systemCtx(tenantId), async (db) => {
      // This process is alive: what it holds it brings to an end itself, however long the database was away.
      const held = this.leases.enrolmentsOf(tenantId);
      const rows = await db.query<AbandonedRow>(ABANDONED_MAILS, [tenantId, BATCH_MAX, held]);
      if (rows.length === 0) return 0;
      const ids = [...new Set(rows.map((row) => row.journalId))];
      const journals = new Map(ids.map((id) => [id, readJournal(this.config.SEND_JOURNAL_DIR, id)]));
      const verdicts = rows.map((row) => ({ row, outcome: verdictOn(row, journals.get(row.journalId)) }));
      const settled = await this.toSettled(db, verdicts);
      if (settled.length === 0) return 0;
      await this.completions.settle(db, settled);
      const count = (kind: Outcome['kind']) => settled.filter(({ outcome }) => outcome.kind === kind).length;
      this.logger.warn(
        { tenantId, sent: count('accepted'), doubtful: count('doubtful'), returned: count('returned') },
        'mails of a process that died were recovered',
      );
      return settled.length;
    });
  }

  private async toSettled(
    db: TenantDb,
    verdicts: { row: AbandonedRow; outcome: Outcome | undefined }[],
  ): Promise<Settled[]> {
    const campaigns = [...new Set(verdicts.map(({ row }) => row.campaignId))];
    const steps = await db.query<StepOfRow>(STEPS_OF_CAMPAIGNS, [db.tenantId, campaigns]);
    const byCampaign = Map.groupBy(steps, (step) => step.campaignId);
    const at = this.clock.now();
    return verdicts.flatMap(({ row, outcome }) =>
      outcome ? [{ mail: toMail(db.tenantId, row, byCampaign.get(row.campaignId) ?? []), outcome, at }] : [],
    );
  }
}

function verdictOn(
  { activityId, overdueSeconds }: AbandonedRow,
  journal: Map<string, JournalState> | undefined,
): Outcome | undefined {
  if (!journal) {
    const reason = 'the process died, and its journal with it';
    return overdueSeconds > FOREIGN_JOURNAL_GRACE_SECONDS ? { kind: 'doubtful', reason } : undefined;
  }
  switch (journal.get(activityId)) {
    case 'accepted':
      return { kind: 'accepted', response: 'accepted; recovered from the journal' };
    case 'handed-over':
      return { kind: 'doubtful', reason: 'the process died between the end of the data and the answer' };
    // The server's refusal was not kept in full; the next try hears it again.
    case 'refused':
    case undefined:
      return { kind: 'returned' };
  }
}

function toMail(tenantId: string, row: AbandonedRow, steps: readonly StepOfRow[]): ClaimedMail {
  const { stepId, fromName, fromEmail, overdueSeconds: _, ...fields } = row;
  const step = steps.find(({ id }) => id === stepId);
  assert(step, 'the steps of a launched campaign stay');
  const from = { name: fromName ?? '', address: fromEmail };
  return { ...fields, tenantId, step, steps, from, body: '', inReplyTo: null, leaseUntil: 0 };
}
