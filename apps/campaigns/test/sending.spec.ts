import {
  CampaignCompleted,
  CampaignLaunched,
  EmailFailed,
  EmailSent,
  EnrolmentEnded,
} from '@leadwire/contracts';
import { caller, eventually } from '@leadwire/testing';
import { email, reply, wait, World } from './world.js';

describe('a launched campaign', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  afterEach(() => {
    world.mail.delayMs = 0;
  });

  it('sends every step to every lead exactly once, in order, and completes', async () => {
    const ctx = caller();
    world.addLeads(ctx, 120, (i) => ({ email: `all${i}@customer.test` }));
    const { id } = await world.launched(ctx, [email(), wait(0), reply('Still there, {{ firstName }}?')]);
    await world.completed(ctx, id);

    for (let i = 0; i < 120; i++) {
      const [first, second, ...rest] = world.mail.to(`all${i}@customer.test`).map(({ mail }) => mail);
      expect(rest).toEqual([]);
      expect(first).toMatchObject({
        subject: `Hello Ada${i}`,
        text: expect.stringContaining(`Dear Ada${i}`),
      });
      expect(second).toMatchObject({
        subject: `Re: Hello Ada${i}`,
        inReplyTo: first?.messageId,
        references: first?.messageId,
      });
    }
    const sent = await world.service.events(EmailSent, ctx.tenantId);
    expect(new Set(sent.map(({ data }) => data['activityId'])).size).toBe(240);
    expect(sent).toHaveLength(240);
    expect(sent[0]?.data).toMatchObject({
      campaignId: id,
      launchedByUserId: ctx.userId,
      messageId: expect.stringMatching(/^<.+@seller\.test>$/),
    });
    expect(await world.service.events(EnrolmentEnded, ctx.tenantId)).toHaveLength(120);
    expect(await world.service.events(CampaignLaunched, ctx.tenantId)).toMatchObject([
      { data: { enrolled: 120 } },
    ]);
    expect(await world.service.events(CampaignCompleted, ctx.tenantId)).toHaveLength(1);
    expect(await world.campaigns.stats(ctx, { campaignId: id })).toMatchObject({
      enrolled: 120,
      completed: 120,
      sent: 240,
      active: 0,
      refused: 0,
    });
  });

  it('fixes the Message-ID from the activity, and sends what is recorded', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1, () => ({ email: 'one@customer.test', firstName: 'Zoë' }));
    const { id } = await world.launched(ctx, [email()]);
    await world.completed(ctx, id);
    const [activity] = await world.activities(ctx, id);
    const [received] = world.mail.to('one@customer.test');
    expect(received?.mail.messageId).toBe(activity?.messageId);
    expect(activity?.messageId).toContain(activity?.id);
    expect(received?.mail.subject).toBe(activity?.subject);
    expect(received?.mail.text?.trim()).toBe(activity?.body);
    expect(received?.user).toBe('sam');
    expect(activity).toMatchObject({ status: 'sent', attempts: 1, confirmed: true });
  });

  it('waits as long as its waits say', async () => {
    const ctx = caller();
    world.addLeads(ctx, 2);
    const { id } = await world.launched(ctx, [email(), wait(3600), email()]);
    const enrolments = await eventually(async () => {
      const rows = await world.enrolled(ctx, id);
      return rows.every(({ currentStepOrder }) => currentStepOrder === 3) && rows;
    });
    for (const { nextRunAt } of enrolments) {
      expect(Math.abs(Date.parse(nextRunAt ?? '') - Date.now() - 3_600_000)).toBeLessThan(30_000);
    }
    expect(await world.campaigns.stats(ctx, { campaignId: id })).toMatchObject({
      active: 2,
      waiting: 2,
      sent: 2,
    });
  });

  it('never sends a hole: a lead without the variable ends with its name as the reason, the others go on', async () => {
    const ctx = caller();
    world.addLeads(ctx, 3, (i) => ({
      email: `hole${i}@customer.test`,
      companyName: i === 1 ? null : 'ACME',
    }));
    const { id } = await world.launched(ctx, [email('For {{ companyName }}', 'Hi')]);
    await world.completed(ctx, id);
    const failed = (await world.enrolled(ctx, id)).filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([
      { email: 'hole1@customer.test', endReason: expect.stringContaining('companyName') },
    ]);
    expect(world.mail.to('hole1@customer.test')).toEqual([]);
    expect(world.mail.to('hole2@customer.test')).toHaveLength(1);
  });

  it('tries a mail again that was put off, under the same Message-ID, and not the others', async () => {
    const ctx = caller();
    let refusals = 2;
    world.mail.onRecipient = (to) =>
      to === 'soft0@customer.test' && refusals-- > 0 ? { code: 450 } : undefined;
    world.addLeads(ctx, 2, (i) => ({ email: `soft${i}@customer.test` }));
    const { id } = await world.launched(ctx, [email()]);
    await world.completed(ctx, id);
    expect(world.mail.to('soft0@customer.test')).toHaveLength(1);
    expect(world.mail.to('soft1@customer.test')).toHaveLength(1);
    expect((await world.activities(ctx, id)).map(({ attempts }) => attempts).sort()).toEqual([1, 3]);
  });

  it('gives up on a mail that is put off too often', async () => {
    const ctx = caller();
    world.mail.onRecipient = (to) => (to === 'never@customer.test' ? { code: 450 } : undefined);
    world.addLeads(ctx, 1, () => ({ email: 'never@customer.test' }));
    const { id } = await world.launched(ctx, [email(), wait(0), email()]);
    await world.completed(ctx, id);
    expect(await world.activities(ctx, id)).toMatchObject([{ status: 'failed', attempts: 3 }]);
  });

  it('ends the enrolment of a recipient that is refused for good, and says so', async () => {
    const ctx = caller();
    world.mail.onRecipient = (to) => (to === 'gone@customer.test' ? { code: 550 } : undefined);
    const [lead] = world.addLeads(ctx, 1, () => ({ email: 'gone@customer.test' }));
    const { id } = await world.launched(ctx, [email(), wait(0), email()]);
    await world.completed(ctx, id);
    expect(await world.service.events(EmailFailed, ctx.tenantId)).toMatchObject([
      { data: { leadId: lead?.leadId, reason: expect.stringContaining('550') } },
    ]);
    expect(await world.service.events(EnrolmentEnded, ctx.tenantId)).toMatchObject([
      { data: { outcome: 'failed' } },
    ]);
    expect(await world.service.events(EmailSent, ctx.tenantId)).toEqual([]);
    const [account] = (await world.accounts.list(ctx, {})).items;
    expect(account?.sentToday).toBe(0);
  });

  it('does not send a second time when the server keeps the mail and vanishes before it says so', async () => {
    const ctx = caller();
    world.mail.onData = (to) => (to === 'doubt@customer.test' ? 'drop' : undefined);
    world.addLeads(ctx, 1, () => ({ email: 'doubt@customer.test' }));
    const { id } = await world.launched(ctx, [email()]);
    await world.completed(ctx, id);
    expect(world.mail.to('doubt@customer.test')).toHaveLength(1);
    expect(await world.activities(ctx, id)).toMatchObject([
      { status: 'sent', confirmed: false, error: expect.stringContaining('Unconfirmed') },
    ]);
    expect(await world.campaigns.stats(ctx, { campaignId: id })).toMatchObject({ sent: 1, unconfirmed: 1 });
  });

  it('sends again under the same Message-ID when the account says so and the server had lost it', async () => {
    const ctx = caller();
    let drops = 1;
    world.mail.onData = (to) =>
      to === 'again@customer.test' && drops-- > 0 ? 'drop-before-store' : undefined;
    world.addLeads(ctx, 1, () => ({ email: 'again@customer.test' }));
    const { id } = await world.launched(ctx, [email()], { onDoubt: 'resend' });
    await world.completed(ctx, id);
    expect(world.mail.to('again@customer.test')).toHaveLength(1);
    expect(await world.activities(ctx, id)).toMatchObject([{ status: 'sent', attempts: 2, confirmed: true }]);
  });

  it('stops while it is paused and goes on where it was', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1, () => ({ email: 'pause@customer.test' }));
    const { id: campaignId } = await world.launched(ctx, [email(), wait(1), email('Second', 'x')]);
    await eventually(() => world.mail.to('pause@customer.test').length === 1);
    await eventually(async () => (await world.enrolled(ctx, campaignId))[0]?.currentStepOrder === 3);
    expect(await world.campaigns.pause(ctx, { campaignId })).toMatchObject({
      status: 'paused',
      pauseReason: 'user',
    });
    // Longer than the wait: the step is due, and must not run.
    await eventually(
      async () => Date.parse((await world.enrolled(ctx, campaignId))[0]?.nextRunAt ?? '') < Date.now() - 600,
    );
    expect(world.mail.to('pause@customer.test')).toHaveLength(1);
    await world.campaigns.resume(ctx, { campaignId });
    await world.completed(ctx, campaignId);
    expect(world.mail.to('pause@customer.test')).toHaveLength(2);
  });

  it('takes back what was claimed and has not left when it is paused; resumed, everything arrives once', async () => {
    const ctx = caller();
    const addresses = Array.from({ length: 60 }, (_, i) => `taken-back${i}@customer.test`);
    const arrived = () => addresses.flatMap((address) => world.mail.to(address)).length;
    // Slow enough that most of what is claimed still waits when the pause comes.
    world.mail.delayMs = 400;
    world.addLeads(ctx, addresses.length, (i) => ({ email: addresses[i] as string }));
    const { id: campaignId } = await world.launched(ctx, [email()]);
    await eventually(() => arrived() > 0);
    await world.campaigns.pause(ctx, { campaignId });
    const underWay = async () =>
      (await world.activities(ctx, campaignId)).filter(({ status }) => status === 'sending').length;
    await eventually(async () => (await underWay()) === 0);
    expect(arrived()).toBeLessThan(addresses.length);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ sent: arrived(), failed: 0 });
    world.mail.delayMs = 0;
    await world.campaigns.resume(ctx, { campaignId });
    await world.completed(ctx, campaignId);
    for (const address of addresses) expect(world.mail.to(address)).toHaveLength(1);
  });

  it('lets nobody but its tenant see or touch it', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1);
    const { id: campaignId } = await world.draft(ctx, [email()]);
    const other = caller();
    const refused = { code: 'campaign.not_found', kind: 'not_found' };
    const attempts = [
      () => world.campaigns.get(other, { campaignId }),
      () => world.campaigns.update(other, { campaignId, name: 'Mine' }),
      () => world.campaigns.remove(other, { campaignId }),
      () => world.campaigns.replaceSteps(other, { campaignId, steps: [] }),
      () => world.campaigns.check(other, { campaignId }),
      () => world.campaigns.launch(other, { campaignId }),
      () => world.campaigns.pause(other, { campaignId }),
      () => world.campaigns.resume(other, { campaignId }),
      () => world.campaigns.stats(other, { campaignId }),
      () => world.enrolments.enrol(other, { campaignId }),
      () => world.enrolments.list(other, { campaignId }),
      () => world.enrolments.activities(other, { campaignId }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(refused);
    expect(await world.campaigns.get(ctx, { campaignId })).toMatchObject({
      name: 'Spring',
      status: 'draft',
      steps: [{ order: 1 }],
    });
  });
});
