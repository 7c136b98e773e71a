import { eventually } from '@leadwire/testing';
import { leadsCsv } from '../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob, type Stats } from '../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../tools/demo/verify.ts';
import { APPS } from '../../../tools/start/apps.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const LEADS = 1_500;
const DEADLINE_MS = 240_000;
const quiet = () => undefined;
/** Every process of an instance, with two replicas of those that consume; the recipients' mail server is not ours to kill. */
const VICTIMS = [
  'campaigns',
  'billing',
  'leads',
  'identity',
  'gateway',
  'nats',
  'campaigns-2',
  'postgres',
  'billing-2',
  'leads-2',
];

describe('an instance whose processes die while a campaign sends', () => {
  let platform: Platform;

  beforeAll(async () => {
    const apps = APPS.map((app) => ({ ...app, replicable: VICTIMS.includes(`${app.name}-2`) }));
    platform = await startInstance({ apps, replicas: 2 });
  });
  afterAll(() => endInstance(platform));

  it('has sent each lead each mail once and charged it once when everything is back', async () => {
    const csv = new Blob([leadsCsv(LEADS)]);
    const mailbox = await sandboxMailbox(platform.urls.sandbox);
    const job = await launchMainJob(platform.urls.api, csv, platform.urls.smtp, quiet);
    const stats = () => job.api.get<Stats>(`/campaigns/${job.campaignId}/stats`);
    let sent = 0;
    for (const victim of VICTIMS) {
      // Each blow falls while mails leave: wait until some more have left than at the last one.
      await eventually(async () => {
        const now = await stats();
        return now.sent > sent || now.ended === now.enrolled;
      }, DEADLINE_MS);
      sent = (await stats()).sent;
      await platform.kill(victim, 'SIGKILL');
      await platform.waitReady();
    }
    const end = await followToTheEnd(job, quiet, DEADLINE_MS);
    expect(end).toMatchObject({ enrolled: LEADS, completed: LEADS, sent: 2 * LEADS, refused: 0 });
    const verdict = await verify(job, end, platform.adminUrl, mailbox, DEADLINE_MS);
    expect(verdict).toMatchObject({
      mailsDelivered: 2 * LEADS,
      repeatedMails: 0,
      deadLetters: 0,
      outboxPending: 0,
      ok: true,
    });
  });
});
