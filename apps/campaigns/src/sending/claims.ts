import { Inject, Injectable } from '@nestjs/common';
import { assert, newId, systemCtx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { DataKeys, passwordPlace } from '../accounts/data-keys.js';
import { EmailAccountEntity } from '../accounts/email-account.entity.js';
import type { MailServer } from '../accounts/mail-server.js';
import type { Step } from '../campaigns/steps.js';
import { announceEnded, type EndedRow } from '../enrolments/ended.js';
import { renderMail } from '../templates/liquid.js';
import {
  BEGIN_MAILS,
  CAMPAIGN_STEPS,
  DUE_ENROLMENTS,
  FAIL_ENROLMENTS,
  LOCK_RUNNING,
  RESERVE_SLOTS,
  TEMPLATES_OF,
  UNDER_WAY,
  type BegunRow,
  type DueRow,
  type TemplateRow,
} from './claims.queries.js';
import { LEASE_MS, Leases } from './leases.js';
import type { ClaimedMail } from './mail.js';
import type { SendJournal } from './send-journal.js';

/** Rendering holds up all tenants of this process: a claim has less mails when they take longer than this together. */
const RENDER_BUDGET_MS = 250;

export type Claim = { server: MailServer; mails: ClaimedMail[]; due: number };
type Prepared = {
  row: DueRow;
  step: Step;
  activityId: string;
  subject: string;
  body: string;
  inReplyTo: string | null;
};
type Failed = { id: string; reason: string };

/**
 * Takes due enrolments of a campaign and turns them into mails that this process must bring to an end: slot reserved, mail
 * rendered, activity written with its Message-ID, lease set, all in one transaction, before anything is sent.
 */
@Injectable()
export class Claims {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(DataKeys) private readonly keys: DataKeys,
    @Inject(Leases) private readonly leases: Leases,
  ) {}

  /** Claims up to `limit` mails under `journal`; `due` tells how many enrolments were looked at. */
  take(
    tenantId: string,
    campaignId: string,
    accountId: string,
    limit: number,
    journal: SendJournal,
  ): Promise<Claim | undefined> {
    const leaseUntil = performance.now() + LEASE_MS;
    return this.tenant.run(systemCtx(tenantId), async (db) => {
      const [[running], steps, looked, account] = await Promise.all([
        db.query<{ launchedByUserId: string | null }>(LOCK_RUNNING, [tenantId, campaignId]),
        db.query<Step>(CAMPAIGN_STEPS, [tenantId, campaignId]),
        db.query<DueRow>(DUE_ENROLMENTS, [tenantId, campaignId, limit]),
        db.find(EmailAccountEntity, { id: accountId }),
      ]);
      // What another process took over and put back may wait here for its old outcome to be written: claimed again before
      // that, under the same journal, it would be mistaken for its own past.
      const due = looked.filter(({ id }) => !this.leases.holds(id));
      if (!running || !account || due.length === 0) return undefined;
      const { ready, failed } = await this.prepare(db, account, steps, due);
      if (failed.length > 0) await failEnrolments(db, failed);
      const server = await this.serverOf(db, account);
      const { granted, day } = await this.reserve(db, account.id, ready.length);
      const mails = ready.slice(0, granted);
      const acted = ready.length + failed.length;
      if (mails.length === 0) return { server, mails: [], due: acted };
      const begun = await this.begin(db, { campaignId, account, day, journal }, mails);
      const common = {
        ...{
          tenantId,
          campaignId,
          launchedByUserId: running.launchedByUserId,
          steps,
          accountId,
          leaseUntil,
          journal,
        },
        ...{
          journalId: journal.id,
          reservedOn: day,
          accountFailures: account.failures,
          onDoubt: account.onDoubt,
        },
        from: senderOf(account),
      };
      return {
        server,
        due: acted,
        mails: mails.map(({ row, step, subject, body, inReplyTo }) => {
          const { id: activityId, messageId, attempts } = begun.get(row.id) as BegunRow;
          const own = {
            activityId,
            enrolmentId: row.id,
            leadId: row.leadId,
            step,
            to: row.email ?? '',
            subject,
            body,
          };
          return { ...common, ...own, inReplyTo, messageId, attempts };
        }),
      };
    });
  }

  /** Renders due mails while the budget lasts; what cannot be rendered is told apart with its reason. */
  private async prepare(db: TenantDb, account: EmailAccountEntity, steps: Step[], due: DueRow[]) {
    const ids = steps.flatMap(({ config }) => config.templateId ?? []);
    const rows = ids.length > 0 ? await db.query<TemplateRow>(TEMPLATES_OF, [db.tenantId, ids]) : [];
    const templates = new Map(rows.map((template) => [template.id, template]));
    const ready: Prepared[] = [];
    const failed: Failed[] = [];
    const until = performance.now() + RENDER_BUDGET_MS;
    for (const row of due) {
      if (performance.now() > until && ready.length + failed.length > 0) break;
      const mail = prepareOne(row, steps, templates, account);
      if ('reason' in mail) failed.push({ id: row.id, reason: mail.reason });
      else ready.push(mail);
    }
    return { ready, failed };
  }

  private async reserve(
    db: TenantDb,
    accountId: string,
    wanted: number,
  ): Promise<{ granted: number; day: string }> {
    if (wanted === 0) return { granted: 0, day: '' };
    const [row] = await db.query<{ granted: number; day: string }>(RESERVE_SLOTS, [
      db.tenantId,
      accountId,
      wanted,
    ]);
    return row ?? { granted: 0, day: '' };
  }

  private async begin(
    db: TenantDb,
    {
      campaignId,
      account,
      day,
      journal,
    }: { campaignId: string; account: EmailAccountEntity; day: string; journal: SendJournal },
    mails: Prepared[],
  ): Promise<Map<string, BegunRow>> {
    const domain = account.email.slice(account.email.lastIndexOf('@') + 1);
    const [begun] = await Promise.all([
      db.query<BegunRow>(BEGIN_MAILS, [
        ...[db.tenantId, campaignId, account.id, day, journal.id, LEASE_MS / 1000],
        mails.map((mail) => mail.activityId),
        mails.map((mail) => mail.row.id),
        mails.map((mail) => mail.step.id),
        mails.map((mail) => mail.row.email),
        mails.map((mail) => mail.subject),
        mails.map((mail) => mail.body),
        mails.map((mail) => `<${mail.activityId}@${domain}>`),
        mails.map((mail) =>
          JSON.stringify({ inReplyTo: mail.inReplyTo, thread: mail.step.config.thread ?? 'new' }),
        ),
      ]),
      db.execute(UNDER_WAY, [db.tenantId, mails.map((mail) => mail.row.id)]),
    ]);
    assert(
      begun.length === mails.length,
      'an enrolment is due only while the mail of its step is neither sent nor under way',
    );
    return new Map(begun.map((row) => [row.enrolmentId, row]));
  }

  private async serverOf(db: TenantDb, account: EmailAccountEntity): Promise<MailServer> {
    const { smtpHost, smtpPort, smtpSecure, smtpUsername, smtpPassword } = account;
    const place = passwordPlace(account.tenantId, account.id);
    const password = smtpPassword ? (await this.keys.box(db)).open(place, smtpPassword) : null;
    return { host: smtpHost, port: smtpPort, secure: smtpSecure, username: smtpUsername, password };
  }
}

const senderOf = ({ fromName, email }: EmailAccountEntity) => ({
  name: fromName ?? '',
  address: email,
});

async function failEnrolments(db: TenantDb, failed: Failed[]): Promise<void> {
  const ids = failed.map(({ id }) => id);
  const reasons = failed.map(({ reason }) => reason.slice(0, 500));
  announceEnded(db, await db.query<EndedRow>(FAIL_ENROLMENTS, [db.tenantId, ids, reasons]));
}

function prepareOne(
  row: DueRow,
  steps: Step[],
  templates: ReadonlyMap<string, TemplateRow>,
  account: EmailAccountEntity,
): Prepared | { reason: string } {
  const step = steps.find(({ order }) => order === row.stepOrder);
  assert(step?.type === 'email', 'an enrolment only ever stands at an e-mail step');
  if (!row.email) return { reason: 'The lead has no e-mail address.' };
  const { config } = step;
  const template = config.templateId ? templates.get(config.templateId) : undefined;
  if (config.templateId && !template?.isActive)
    return { reason: 'The template of this step is not there or not active.' };
  const isReply = config.thread === 'reply' && row.threadMessageId !== null;
  const source = {
    // A reply without a subject of its own keeps the thread's.
    subject: template?.subject ?? config.subject ?? '',
    body: template?.body ?? config.body ?? '',
    variables: template?.variables ?? {},
  };
  const mail = renderMail(source, row, { name: account.fromName, email: account.email });
  if (!mail.ok) return { reason: mail.reason };
  const subject = mail.subject || replySubject(row.threadSubject ?? '');
  return {
    row,
    step,
    activityId: newId(),
    subject,
    body: mail.body,
    inReplyTo: isReply ? row.threadMessageId : null,
  };
}

const replySubject = (subject: string) =>
  (/^re:/i.test(subject) ? subject : `Re: ${subject}`).slice(0, 1_000);
