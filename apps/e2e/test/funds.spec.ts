import { eventually } from '@leadwire/testing';
import { leadsCsv } from '../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob } from '../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../tools/demo/verify.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const LEADS = 60;
const DEADLINE_MS = 120_000;
const quiet = () => undefined;

describe('a team whose wallet runs empty while it sends', () => {
  let platform: Platform;

  beforeAll(async () => {
    platform = await startInstance({ env: { LOG_LEVEL: 'warn', TRIAL_CREDIT: '0.050000' } });
  });
  afterAll(() => endInstance(platform));

  it('has its campaign paused, tops up, and the campaign goes on to the end with every mail charged', async () => {
    const csv = new Blob([leadsCsv(LEADS)]);
    const job = await launchMainJob(platform.urls.api, csv, platform.urls.smtp, quiet, { topUp: false });
    await eventually(async () => {
      const campaign = await job.api.get<{ status: string; pauseReason: string | null }>(
        `/campaigns/${job.campaignId}`,
      );
      return campaign.status === 'paused' && campaign.pauseReason === 'insufficient-funds';
    }, DEADLINE_MS);
    await job.api.post('/billing/wallet/top-ups', { amount: '5' });
    const stats = await followToTheEnd(job, quiet, DEADLINE_MS);
    const verdict = await verify(
      job,
      stats,
      platform.adminUrl,
      sandboxMailbox(platform.urls.sandbox),
      DEADLINE_MS,
    );
    expect(verdict).toMatchObject({ mailsDelivered: 2 * LEADS, usageCharged: 2 * LEADS, ok: true });
  });
});
