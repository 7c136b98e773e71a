import { randomBytes, randomUUID } from 'node:crypto';
import { eventually } from '@leadwire/testing';
import { ApiClient } from '../../../../tools/demo/client.ts';
import { leadsCsv } from '../../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob, type RunningJob } from '../../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify, type AskMailbox } from '../../../../tools/demo/verify.ts';
import { runEventsCommand } from '../../../../tools/events/commands.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { roleUrl } from '../../../../tools/start/secrets.ts';
import type { World } from './world.ts';
import pg from 'pg';

const LEADS = 100;
const DEADLINE_MS = 120_000;
const STREAM_DEADLINE_MS = 60_000;
const quiet = () => undefined;

/** As a service of another make would: it says that a mail was sent, and nothing about it. */
const UNREADABLE_EVENT = `
  INSERT INTO campaigns.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
  VALUES (gen_random_uuid(), $1, 'campaigns.email.sent', 'email', $2, '{}', $3)`;
const METADATA = {
  version: 1,
  actor: 'system',
  userId: null,
  correlationId: 'x',
  causationId: null,
  traceparent: '',
};

type Paged<T> = { items: T[]; next: string | null };

export function mainJobJourney(world: () => World): void {
  describe('a team that imports its leads and writes to them', () => {
    let platform: Platform;
    let job: RunningJob;
    let mailbox: AskMailbox;
    let database: pg.Pool;

    beforeAll(async () => {
      ({ platform } = world());
      database = new pg.Pool({ connectionString: platform.adminUrl, max: 2 });
      mailbox = await sandboxMailbox(platform.urls.sandbox);
      job = await launchMainJob(platform.urls.api, new Blob([leadsCsv(LEADS)]), platform.urls.smtp, quiet);
    });
    afterAll(() => database?.end());

    it('sends each lead each mail once, and every mail is charged and in the ledger', async () => {
      const stats = await followToTheEnd(job, quiet, DEADLINE_MS);
      const verdict = await verify(job, stats, platform.adminUrl, mailbox, DEADLINE_MS);
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

    it('carries one trace from the request to what another service did because of it', async () => {
      const traceId = randomBytes(16).toString('hex');
      const response = await fetch(`${platform.urls.api}/v1/sign-ups`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        },
        body: JSON.stringify({
          tenantName: 'Traced',
          email: 'traced@leadwire.test',
          password: 'another long password',
        }),
      });
      expect(response.status).toBe(201);
      const traced = (schema: string) =>
        database.query<{ event_type: string }>(
          `SELECT DISTINCT event_type FROM ${schema}.domain_events WHERE split_part(metadata ->> 'traceparent', '-', 2) = $1`,
          [traceId],
        );
      const typesIn = async (schema: string) => (await traced(schema)).rows.map((row) => row.event_type);
      expect(await typesIn('identity')).toContain('identity.tenant.created');
      // Billing hears of the team as an event and gives it its trial credit.
      await eventually(async () => (await typesIn('billing')).includes('billing.wallet.topped-up'));
    });

    it('leaves what no service can read where an operator finds it and can send it again', async () => {
      await database.query(UNREADABLE_EVENT, [job.tenantId, randomUUID(), METADATA]);
      await eventually(async () => (await database.query('SELECT FROM billing.dead_letters')).rowCount === 1);
      const listed = await eventsCommand(platform, 'dead-letters', 'billing');
      expect(listed).toMatch(/billing__usage {2}campaigns\.email\.sent .*invalid/);
      expect(await eventsCommand(platform, 'redrive', 'billing')).toContain('1 published again');
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
}

/** What `npm run events` prints for this instance. */
function eventsCommand({ adminUrl, secrets, urls }: Platform, ...words: string[]): Promise<string> {
  const relayUrl = (service: string) => roleUrl(adminUrl, secrets.key('roles'), `${service}_relay`);
  return runEventsCommand({ natsUrl: urls.nats, relayUrl }, words);
}

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
