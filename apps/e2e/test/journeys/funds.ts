import { eventually } from '@leadwire/testing';
import type { ApiClient } from '../../../../tools/demo/client.ts';
import { leadsCsv } from '../../../../tools/demo/leads-csv.ts';
import { followToTheEnd, launchMainJob } from '../../../../tools/demo/main-job.ts';
import { sandboxMailbox, verify } from '../../../../tools/demo/verify.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { runWalletsCommand } from '../../../../tools/wallets/commands.ts';
import { asOperator } from '../instance.ts';
import { signUpTeam, type World } from './world.ts';

const LEADS = 60;
/** For some of the mails, not for all. */
const FUNDS = '0.05';
const DEADLINE_MS = 120_000;
const quiet = () => undefined;

export function fundsJourney(world: () => World): void {
  describe('a team whose wallet runs empty while it sends', () => {
    let platform: Platform;
    let owner: ApiClient;
    let team: { slug: string };

    beforeAll(async () => {
      ({ platform } = world());
      ({ owner, team } = await signUpTeam(platform, 'Short of funds', 'funds@leadwire.test'));
      await leave(FUNDS);
    });

    /** Has an operator take all but so much out of the wallet. */
    const leave = async (funds: string) => {
      const { balance } = await owner.get<{ balance: string }>('/billing/wallet');
      const options = { amount: String(Number(funds) - Number(balance)), reason: 'Most of it was a mistake' };
      const said = await asOperator(platform, (door) =>
        runWalletsCommand(door, { words: ['adjust', team.slug], options }),
      );
      expect(said).toMatch(/balance 0\.050000$/);
    };

    it('has its campaign paused, tops up, and the campaign goes on to the end with every mail charged', async () => {
      const csv = new Blob([leadsCsv(LEADS)]);
      const mailbox = await sandboxMailbox(platform.urls.sandbox);
      const { api, smtp } = platform.urls;
      const job = await launchMainJob(api, csv, smtp, quiet, { topUp: false, api: owner });
      await eventually(async () => {
        const campaign = await job.api.get<{ status: string; pauseReason: string | null }>(
          `/campaigns/${job.campaignId}`,
        );
        return campaign.status === 'paused' && campaign.pauseReason === 'insufficient-funds';
      }, DEADLINE_MS);
      await job.api.post('/billing/wallet/top-ups', { amount: '5' });
      const stats = await followToTheEnd(job, quiet, DEADLINE_MS);
      const verdict = await verify(job, stats, platform.adminUrl, mailbox, DEADLINE_MS);
      expect(verdict).toMatchObject({ mailsDelivered: 2 * LEADS, usageCharged: 2 * LEADS, ok: true });
    });
  });
}
