import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { PLATFORM_MAIL_ADDRESS } from '../start/apps.ts';
import type { RunningJob, Stats } from './main-job.ts';

const POLL_MS = 200;
const SCHEMAS = ['identity', 'leads', 'campaigns', 'billing'];

export type Verdict = {
  imported: number;
  duplicates: number;
  rejected: number;
  mailsDelivered: number;
  activitiesSent: number;
  usageCharged: number;
  ledgerDebits: number;
  walletBalance: number;
  ledgerSum: number;
  outboxPending: number;
  deadLetters: number;
  timelineEntries: number;
  repeatedMails: number;
  ok: boolean;
};

type Audit = {
  usageCharged: number;
  ledgerDebits: number;
  walletBalance: string;
  ledgerSum: string;
  ok: boolean;
};
type Mailbox = { delivered: number; repeated: number };

/** What the recipients' side says, asked apart from the platform; undefined for a mail server that cannot be asked. */
export type AskMailbox = () => Promise<Mailbox>;

/**
 * Holds every side's count against the others': recipients, campaign, timelines, usage, ledger, outboxes. What flows as events may
 * take a moment, so the sides are asked until they agree or the deadline passes.
 */
export async function verify(
  job: RunningJob,
  stats: Stats,
  adminUrl: string,
  askMailbox: AskMailbox | undefined,
  deadlineMs: number,
): Promise<Verdict> {
  const database = new pg.Client({ connectionString: adminUrl });
  await database.connect();
  try {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const verdict = await compare(job, stats, database, askMailbox);
      if (verdict.ok || Date.now() > deadline) return verdict;
      await wait(POLL_MS);
    }
  } finally {
    await database.end();
  }
}

async function compare(
  { api, tenantId, importState }: RunningJob,
  stats: Stats,
  database: pg.Client,
  askMailbox: AskMailbox | undefined,
): Promise<Verdict> {
  const mailbox = (await askMailbox?.()) ?? { delivered: stats.sent, repeated: 0 };
  const audit = await api.get<Audit>('/billing/wallet/audit');
  const timelineEntries = await count(
    database,
    `SELECT count(*)::int AS n FROM leads.lead_timeline WHERE tenant_id = $1 AND kind = 'email-sent'`,
    [tenantId],
  );
  const facts = {
    imported: importState.imported,
    duplicates: importState.duplicates,
    rejected: importState.rejected,
    mailsDelivered: mailbox.delivered,
    activitiesSent: stats.sent,
    usageCharged: audit.usageCharged,
    ledgerDebits: audit.ledgerDebits,
    walletBalance: Number(audit.walletBalance),
    ledgerSum: Number(audit.ledgerSum),
    outboxPending: await overSchemas(database, 'domain_events WHERE NOT processed'),
    deadLetters: await overSchemas(database, 'dead_letters WHERE redriven_at IS NULL'),
    timelineEntries,
    repeatedMails: mailbox.repeated,
  };
  const counts = [facts.activitiesSent, facts.usageCharged, facts.ledgerDebits, facts.timelineEntries];
  const ok =
    stats.sent > 0 &&
    counts.every((n) => n === facts.mailsDelivered) &&
    audit.ok &&
    audit.ledgerSum === audit.walletBalance &&
    facts.outboxPending === 0 &&
    facts.deadLetters === 0 &&
    facts.repeatedMails === 0;
  return { ...facts, ok };
}

async function overSchemas(database: pg.Client, table: string): Promise<number> {
  let sum = 0;
  for (const schema of SCHEMAS)
    sum += await count(database, `SELECT count(*)::int AS n FROM ${schema}.${table}`, []);
  return sum;
}

async function count(database: pg.Client, sql: string, params: unknown[]): Promise<number> {
  return (await database.query<{ n: number }>(sql, params)).rows[0]?.n ?? 0;
}

/** Asks Leadwire's own sandbox, which counts what it took and what it took twice. Only what comes after this call counts. */
export async function sandboxMailbox(url: string): Promise<AskMailbox> {
  const before = await askSandbox(url);
  return async () => {
    const now = await askSandbox(url);
    return { delivered: now.delivered - before.delivered, repeated: now.repeated - before.repeated };
  };
}

async function askSandbox(url: string): Promise<Mailbox> {
  const ask = async <T>(path: string) => (await (await fetch(`${url}/mails/${path}`)).json()) as T;
  // Mails of the platform itself (confirm your address, …) are no campaign's.
  const countOwn = async () =>
    (await ask<{ count: number }>(`count?q=${encodeURIComponent(PLATFORM_MAIL_ADDRESS)}`)).count;
  for (;;) {
    const own = await countOwn();
    const { total, duplicates } = await ask<{ total: number; duplicates: number }>('stats');
    // One that came between the two counts is in one of them only.
    if ((await countOwn()) === own) return { delivered: total - own - duplicates, repeated: duplicates };
  }
}
