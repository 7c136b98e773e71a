import { eventually } from '@leadwire/testing';
import { ApiClient } from '../../../tools/demo/client.ts';
import { leadsCsv } from '../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob, type RunningJob } from '../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../tools/demo/verify.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const LEADS = 100;
const DEADLINE_MS = 120_000;
const STREAM_DEADLINE_MS = 20_000;
const quiet = () => undefined;

type Paged<T> = { items: T[]; next: string | null };

describe('a team that imports its leads and writes to them', () => {
  let platform: Platform;
  let job: RunningJob;

  beforeAll(async () => {
    platform = await startInstance();
    job = await launchMainJob(platform.urls.api, new Blob([leadsCsv(LEADS)]), platform.urls.smtp, quiet);
  });
  afterAll(() => endInstance(platform));

  it('sends each lead each mail once, and every mail is charged and in the ledger', async () => {
    const stats = await followToTheEnd(job, quiet, DEADLINE_MS);
    const verdict = await verify(
      job,
      stats,
      platform.adminUrl,
      sandboxMailbox(platform.urls.sandbox),
      DEADLINE_MS,
    );
    expect(verdict).toMatchObject({
      imported: LEADS,
      mailsDelivered: 2 * LEADS,
      deadLetters: 0,
      outboxPending: 0,
      ok: true,
    });
  });

  it('shows every step on the lead', async () => {
    const { items } = await job.api.get<Paged<{ id: string }>>('/leads?limit=1');
    const timeline = await job.api.get<Paged<{ kind: string }>>(`/leads/${items[0]?.id}/timeline`);
    expect(timeline.items.filter(({ kind }) => kind === 'email-sent')).toHaveLength(2);
  });

  it('changes nothing when it imports the same file again', async () => {
    const { id } = await job.api.upload<{ id: string }>(
      '/lead-imports',
      'again.csv',
      new Blob([leadsCsv(LEADS)]),
    );
    const again = await eventually(async () => {
      const state = await job.api.get<{
        status: string;
        imported: number;
        updated: number;
        duplicates: number;
      }>(`/lead-imports/${id}`);
      return state.status === 'completed' && state;
    });
    expect(again).toMatchObject({ imported: 0, updated: 0, duplicates: LEADS });
  });

  it('is not seen by another team', async () => {
    const other = new ApiClient(platform.urls.api);
    await other.signUp('Other', 'other@leadwire.test', 'another long password');
    expect((await other.get<Paged<object>>('/leads')).items).toEqual([]);
    expect((await other.get<Paged<object>>('/campaigns')).items).toEqual([]);
    await expect(other.get(`/campaigns/${job.campaignId}`)).rejects.toMatchObject({ status: 404 });
  });

  it('follows what happens as a stream, and resumes it where it broke off', async () => {
    const live = await openStream(platform.urls.api, job.api);
    const lead = await job.api.post<{ id: string }>('/leads', {
      lastName: 'Streamed',
      email: 's@example.test',
    });
    const created = await firstEvent(live);
    expect(created.type).toBe('leads.lead.created');
    await job.api.post(`/leads/${lead.id}/notes`, { content: 'while nobody looked' });
    const resumed = await openStream(platform.urls.api, job.api, created.id);
    expect((await firstEvent(resumed)).type).toBe('leads.lead.note-added');
  });
});

/** Connects and returns once the stream is open: what happens from now on is on it. */
async function openStream(base: string, api: ApiClient, lastEventId?: string): Promise<Response> {
  const headers = { ...api.headers(), ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
  const response = await fetch(`${base}/v1/events/stream`, {
    headers,
    signal: AbortSignal.timeout(STREAM_DEADLINE_MS),
  });
  expect(response.status).toBe(200);
  return response;
}

/** The first event of an open stream, which is closed after it. */
async function firstEvent(response: Response): Promise<{ id: string; type: string }> {
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (const block of text.split('\n\n').slice(0, -1)) {
      const id = /^id: ?(.+)$/m.exec(block)?.[1];
      const type = /^event: ?(.+)$/m.exec(block)?.[1];
      if (id && type) return { id, type };
    }
  }
  throw new Error('the stream ended without an event');
}
