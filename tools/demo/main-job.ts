import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient } from './client.ts';

const POLL_MS = 250;
/** Far more than two mails to everybody cost, so that the demo never waits for money. */
const FUNDS_PER_LEAD = 0.1;
const FUNDS_MIN = 100;
const WAIT_STEP_SECONDS = 1;

export type Smtp = { host: string; port: number };
export type Progress = (text: string) => void;
export type ImportState = {
  id: string;
  status: string;
  rows: number;
  imported: number;
  updated: number;
  duplicates: number;
  rejected: number;
  failureReason: string | null;
};
export type Stats = {
  enrolled: number;
  ended: number;
  sent: number;
  failed: number;
  stopped: number;
  sending: number;
};
export type RunningJob = { api: ApiClient; tenantId: string; importState: ImportState; campaignId: string };

export const FIRST_MAIL = {
  type: 'email',
  subject: 'A question, {{ firstName | default: "hello" }}',
  body: 'Hello {{ firstName | default: "there" }},\n\nwho looks after admissions at {{ companyName | default: "your team" }}?\n\nDana',
};
export const SECOND_MAIL = {
  type: 'email',
  thread: 'reply',
  body: 'Hello {{ firstName | default: "there" }},\n\njust making sure that this reached you.\n\nDana',
};

export type MainJobOptions = {
  /** Whether the wallet gets more than its trial credit; true unless told. */
  topUp?: boolean;
  /** Whose job it is; a team of its own signs up unless told. */
  api?: ApiClient;
};

/** The main job up to the launch: a team signs up, imports its leads, writes a sequence of three steps and launches it. */
export async function launchMainJob(
  base: string,
  csv: Blob,
  smtp: Smtp,
  progress: Progress,
  { topUp = true, api = new ApiClient(base) }: MainJobOptions = {},
): Promise<RunningJob> {
  const run = Date.now().toString(36);
  if (!api.signedIn)
    await api.signUp(`Demo ${run}`, `owner-${run}@leadwire.test`, `demo password ${crypto.randomUUID()}`);
  const { tenant } = await api.get<{ tenant: { id: string } }>('/me');
  progress('Signed up');

  const importState = await importLeads(api, csv, progress);
  const amount = String(Math.max(FUNDS_MIN, Math.ceil(importState.imported * FUNDS_PER_LEAD)));
  if (topUp) await api.post('/billing/wallet/top-ups', { amount, description: 'Demo credit' });
  const account = await addSender(api, smtp);
  const campaign = await api.post<{ id: string }>('/campaigns', {
    name: `Demo ${run}`,
    emailAccountId: account.id,
  });
  const steps = [FIRST_MAIL, { type: 'wait', durationSeconds: WAIT_STEP_SECONDS }, SECOND_MAIL];
  await api.put(`/campaigns/${campaign.id}/steps`, { steps });
  const enrolled = await enrolEverybody(api, campaign.id);
  await api.post(`/campaigns/${campaign.id}/launch`);
  progress(`Launched to ${enrolled} leads`);
  return { api, tenantId: tenant.id, importState, campaignId: campaign.id };
}

/** Adds the e-mail account that the demo sends from. */
export function addSender(api: ApiClient, smtp: Smtp): Promise<{ id: string }> {
  return api.post('/email-accounts', {
    email: 'dana@leadwire.test',
    fromName: 'Dana of Leadwire',
    smtpHost: smtp.host,
    smtpPort: smtp.port,
    smtpUsername: 'dana',
    smtpPassword: 'demo',
    dailySendLimit: 1_000_000,
  });
}

/** Uploads and waits until the import has ended. @throws Error with the reason when it fails as a whole */
export async function importLeads(api: ApiClient, csv: Blob, progress: Progress): Promise<ImportState> {
  const { id } = await api.upload<ImportState>('/lead-imports', 'leads.csv', csv);
  for (;;) {
    const state = await api.get<ImportState>(`/lead-imports/${id}`);
    if (state.status === 'failed' || state.status === 'cancelled')
      throw new Error(`The import ${state.status}: ${state.failureReason}`);
    if (state.status === 'completed') {
      const { imported, updated, duplicates, rejected } = state;
      progress(
        `Imported ${imported} leads (${updated} updated, ${duplicates} duplicates, ${rejected} rejected)`,
      );
      return state;
    }
    await wait(POLL_MS);
  }
}

/** Enrols all leads of the tenant, page by page. */
export async function enrolEverybody(api: ApiClient, campaignId: string): Promise<number> {
  let enrolled = 0;
  let cursor: string | null = null;
  do {
    const body: object = cursor ? { cursor } : {};
    const result = await api.post<{ enrolled: number; complete: boolean; cursor: string | null }>(
      `/campaigns/${campaignId}/enrolments`,
      body,
    );
    enrolled += result.enrolled;
    cursor = result.complete ? null : result.cursor;
  } while (cursor);
  return enrolled;
}

/** Follows the campaign until every enrolment has ended. @throws Error when it does not end in time */
export async function followToTheEnd(
  { api, campaignId }: RunningJob,
  progress: Progress,
  deadlineMs: number,
): Promise<Stats> {
  const deadline = Date.now() + deadlineMs;
  let last = '';
  for (;;) {
    const stats = await api.get<Stats>(`/campaigns/${campaignId}/stats`);
    const line = `${stats.sent} mails sent, ${stats.ended} of ${stats.enrolled} leads done`;
    if (line !== last) progress(line);
    last = line;
    if (stats.ended === stats.enrolled) return stats;
    if (Date.now() > deadline) throw new Error(`The campaign did not end in time: ${JSON.stringify(stats)}`);
    await wait(POLL_MS);
  }
}
