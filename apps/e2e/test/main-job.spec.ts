import { eventually } from '@leadwire/testing';
import { ApiClient } from '../../../tools/demo/client.ts';
import { leadsCsv } from '../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob, type RunningJob } from '../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../tools/demo/verify.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const LEADS = 100;
const DEADLINE_MS = 120_000;
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
    const read = async (count: number, lastEventId?: string): Promise<{ id: string; type: string }[]> => {
      const abort = new AbortController();
      const response = await fetch(`${platform.urls.api}/v1/events/stream`, {
        headers: { ...job.api.headers(), ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
        signal: abort.signal,
      });
      const seen: { id: string; type: string }[] = [];
      let text = '';
      for await (const chunk of response.body as ReadableStream<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        seen.length = 0;
        for (const block of text.split('\n\n')) {
          const id = /^id: ?(.+)$/m.exec(block)?.[1];
          const type = /^event: ?(.+)$/m.exec(block)?.[1];
          if (id && type) seen.push({ id, type });
        }
        if (seen.length >= count) break;
      }
      abort.abort();
      return seen.slice(0, count);
    };
    const live = read(1);
    const lead = await eventually(() =>
      job.api.post<{ id: string }>('/leads', { lastName: 'Streamed', email: 'streamed@example.test' }),
    );
    const [first] = await live;
    expect(first?.type).toBe('leads.lead.created');
    await job.api.post(`/leads/${lead.id}/notes`, { content: 'while nobody looked' });
    const [next] = await read(1, first?.id);
    expect(next?.type).toBe('leads.lead.note-added');
  });
});
