import { Inject, Injectable } from '@nestjs/common';
import { EmailAccountPaused, EmailFailed, EmailSent, EnrolmentEnded } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { CONFIG, LOGGER, Metrics, type Logger } from '@leadwire/platform';
import { secondsList, type CampaignsConfig } from '../campaigns.config.js';
import {
  decide,
  type Decision,
  type Incident,
  type PutOff,
  type Refused,
  type Sent,
  type Settled,
} from './completion.js';
import {
  CLEAR_INCIDENTS,
  COMPLETE_MAILS,
  NOTE_INCIDENT,
  PUT_OFF_MAILS,
  REFUSE_MAILS,
  RELEASE_SLOTS,
} from './completions.queries.js';
import { Leases } from './leases.js';
import type { ClaimedMail } from './mail.js';
import type { Outcome } from './outcome.js';
import { Schedule } from './schedule.js';

/** Outcomes gather this long, so that many mails share one transaction. */
const GATHER_MS = 15;
const BATCH_MAX = 200;
const RETRY_MS_MAX = 5_000;

/**
 * Writes down what became of mails: activity, enrolment, slots and events in one transaction for many mails of a tenant.
 * An outcome that cannot be written is kept and tried again until it can; the journal keeps it should the process die.
 */
@Injectable()
export class Completions {
  private readonly waiting = new Map<string, Settled[]>();
  private readonly writing = new Map<string, Promise<void>>();
  private readonly retryMs: number[];
  private readonly backoffSeconds: number[];
  private readonly outcomes;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(Schedule) private readonly schedule: Schedule,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) config: CampaignsConfig,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.retryMs = secondsList('SMTP_RETRY_SECONDS', config.SMTP_RETRY_SECONDS);
    const backoff = secondsList('SMTP_ACCOUNT_BACKOFF_SECONDS', config.SMTP_ACCOUNT_BACKOFF_SECONDS);
    this.backoffSeconds = backoff.map((ms) => ms / 1000);
    this.outcomes = metrics.counter('leadwire_mails_total', 'Tries to send a mail.', ['outcome']);
  }

  record(mail: ClaimedMail, outcome: Outcome): void {
    this.outcomes.inc({ outcome: outcome.kind });
    const queue = this.waiting.get(mail.tenantId) ?? [];
    queue.push({ mail, outcome, at: this.clock.now() });
    this.waiting.set(mail.tenantId, queue);
    if (!this.writing.has(mail.tenantId)) this.drain(mail.tenantId);
  }

  /** Resolves when everything recorded is written, or at the deadline. */
  async flush(deadlineMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    const all = async () => {
      while (this.writing.size > 0) await Promise.all(this.writing.values());
    };
    await Promise.race([all(), late]);
    clearTimeout(timer);
  }

  /** Writes outcomes in a transaction of the caller's; {@link record} is for those of this process. */
  async settle(db: TenantDb, batch: readonly Settled[]): Promise<void> {
    const { sent, putOff, refused, incidents } = decide(batch, this.retryMs);
    if (sent.length > 0) await this.complete(db, sent);
    const notSent = [
      ...(putOff.length > 0 ? await this.putOff(db, putOff) : []),
      ...(refused.length > 0 ? await this.refuse(db, refused) : []),
    ];
    await releaseSlots(db, notSent);
    for (const incident of oncePerAccount(incidents)) await this.noteIncident(db, incident);
    await this.schedule.wake(db, this.nextLook({ sent, putOff, refused, incidents }));
  }

  private drain(tenantId: string): void {
    const work = this.writeAll(tenantId).finally(() => {
      this.writing.delete(tenantId);
      if (this.waiting.has(tenantId)) this.drain(tenantId);
    });
    this.writing.set(tenantId, work);
  }

  private async writeAll(tenantId: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    for (;;) {
      const queue = this.waiting.get(tenantId) ?? [];
      const batch = queue.splice(0, BATCH_MAX);
      if (queue.length === 0) this.waiting.delete(tenantId);
      if (batch.length === 0) return;
      await this.writeUntilDone(tenantId, batch);
      for (const { mail } of batch) this.leases.remove(mail);
      this.schedule.nudge();
    }
  }

  private async writeUntilDone(tenantId: string, batch: Settled[]): Promise<void> {
    for (let wait = 100; ; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
      try {
        return await this.tenant.run(systemCtx(tenantId), (db) => this.settle(db, batch));
      } catch (error) {
        this.logger.warn(
          { err: error, tenantId, mails: batch.length },
          'outcomes of mails could not be written yet',
        );
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private async complete(db: TenantDb, sent: Sent[]): Promise<void> {
    const rows = await db.query<{ id: string; ended: boolean }>(COMPLETE_MAILS, [
      db.tenantId,
      sent.map(({ mail }) => mail.activityId),
      sent.map(({ mail }) => mail.journalId),
      sent.map(({ at }) => at),
      sent.map(({ confirmed }) => confirmed),
      sent.map(({ note }) => note),
      sent.map(({ response }) => response.slice(0, 500)),
      sent.map(({ next }) => next.order),
      sent.map(({ next }) => next.at),
    ]);
    const written = new Map(rows.map((row) => [row.id, row]));
    for (const { mail, at } of sent) {
      const row = written.get(mail.activityId);
      if (!row) continue;
      const {
        campaignId,
        enrolmentId,
        leadId,
        activityId,
        accountId,
        launchedByUserId,
        to,
        subject,
        messageId,
      } = mail;
      const { id: stepId } = mail.step;
      const common = {
        campaignId,
        enrolmentId,
        leadId,
        stepId,
        activityId,
        emailAccountId: accountId,
        launchedByUserId,
      };
      db.emit(EmailSent, enrolmentId, { ...common, to, subject, messageId, sentAt: at.toISOString() });
      if (row.ended)
        db.emit(EnrolmentEnded, enrolmentId, { campaignId, leadId, outcome: 'completed', reason: null });
    }
    const healed = [
      ...new Set(sent.filter(({ mail }) => mail.accountFailures > 0).map(({ mail }) => mail.accountId)),
    ];
    if (healed.length > 0) await db.execute(CLEAR_INCIDENTS, [db.tenantId, healed]);
  }

  /** Returns the mails that were still this claim's: who took over one of the others gives back its slot. */
  private async putOff(db: TenantDb, mails: PutOff[]): Promise<ClaimedMail[]> {
    const rows = await db.query<{ id: string }>(PUT_OFF_MAILS, [
      db.tenantId,
      mails.map(({ mail }) => mail.activityId),
      mails.map(({ mail }) => mail.journalId),
      mails.map(({ counted }) => counted),
      mails.map(({ reason }) => reason),
      mails.map(({ nextAt }) => nextAt),
    ]);
    return mailsIn(rows, mails);
  }

  /** Returns what {@link putOff} does. */
  private async refuse(db: TenantDb, mails: Refused[]): Promise<ClaimedMail[]> {
    const rows = await db.query<{ id: string; ended: boolean }>(REFUSE_MAILS, [
      db.tenantId,
      mails.map(({ mail }) => mail.activityId),
      mails.map(({ mail }) => mail.journalId),
      mails.map(({ reason }) => reason),
    ]);
    const written = new Map(rows.map((row) => [row.id, row]));
    for (const { mail, reason } of mails) {
      const row = written.get(mail.activityId);
      if (!row) continue;
      const { campaignId, enrolmentId, leadId, activityId } = mail;
      db.emit(EmailFailed, enrolmentId, {
        campaignId,
        enrolmentId,
        leadId,
        stepId: mail.step.id,
        activityId,
        reason,
      });
      if (row.ended) db.emit(EnrolmentEnded, enrolmentId, { campaignId, leadId, outcome: 'failed', reason });
    }
    return mailsIn(rows, mails);
  }

  private async noteIncident(db: TenantDb, { accountId, fatal, reason }: Incident): Promise<void> {
    const params = [db.tenantId, accountId, fatal, this.backoffSeconds, reason];
    const [row] = await db.query<{ isActive: boolean }>(NOTE_INCIDENT, params);
    if (row && !row.isActive) db.emit(EmailAccountPaused, accountId, { reason });
  }

  private nextLook({ sent, putOff, refused }: Decision): Date {
    const now = this.clock.now();
    const ended = refused.length > 0 || sent.some(({ next }) => next.at === null);
    const times = [...sent.flatMap(({ next }) => next.at ?? []), ...putOff.map(({ nextAt }) => nextAt)].map(
      (at) => at.getTime(),
    );
    return ended ? now : new Date(Math.min(...times, now.getTime() + RETRY_MS_MAX));
  }
}

function mailsIn(rows: readonly { id: string }[], mails: readonly { mail: ClaimedMail }[]): ClaimedMail[] {
  const written = new Set(rows.map(({ id }) => id));
  return mails.map(({ mail }) => mail).filter(({ activityId }) => written.has(activityId));
}

async function releaseSlots(db: TenantDb, mails: ClaimedMail[]): Promise<void> {
  const groups = Map.groupBy(mails, ({ accountId, reservedOn }) => `${accountId} ${reservedOn}`);
  for (const [first, ...rest] of groups.values() as Iterable<[ClaimedMail, ...ClaimedMail[]]>) {
    await db.execute(RELEASE_SLOTS, [db.tenantId, first.accountId, first.reservedOn, rest.length + 1]);
  }
}

function oncePerAccount(incidents: readonly Incident[]): Incident[] {
  const worst = new Map<string, Incident>();
  for (const incident of incidents) {
    if (!worst.has(incident.accountId) || incident.fatal) worst.set(incident.accountId, incident);
  }
  return [...worst.values()];
}
