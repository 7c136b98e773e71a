import { EnrolmentEnded } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { Claims } from '../src/sending/claims.js';
import { SendJournal } from '../src/sending/send-journal.js';
import { email, wait, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const LONG = [email('First', 'x'), wait(3600), email('For {{ firstName }}', 'y')];
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code).sort();

describe('a draft', () => {
  it('says everything that keeps it from starting', async () => {
    const ctx = caller();
    const { id: campaignId } = await world.campaigns.create(ctx, { name: 'Empty' });
    const check = await world.campaigns.check(ctx, { campaignId });
    expect(check.ready).toBe(false);
    expect(codes(check.blockers)).toEqual(['no_account', 'no_email_step', 'no_enrolments']);
    await expect(world.campaigns.launch(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.not_ready',
      details: { extras: { blockers: expect.any(Array) } },
    });
  });

  it('warns of leads that lack a variable, of waits for nothing and of the daily limit', async () => {
    const ctx = caller();
    world.addLeads(ctx, 3, (i) => ({ customFields: i === 0 ? {} : { city: 'Rome' } }));
    const { id: campaignId } = await world.draft(ctx, [email('To {{ custom.city }}', 'x'), wait(5)], {
      dailySendLimit: 2,
    });
    const check = await world.campaigns.check(ctx, { campaignId });
    expect(check).toMatchObject({ ready: true, enrolled: 3 });
    expect(codes(check.warnings)).toEqual(['daily_limit', 'missing_variable', 'trailing_wait']);
    expect(check.warnings.find(({ code }) => code === 'missing_variable')?.detail).toMatch(
      /^1 enrolled leads have no custom.city/,
    );
  });

  it('refuses steps that make no sense, with pointers, and keeps the old ones', async () => {
    const ctx = caller();
    const { id: campaignId } = await world.campaigns.create(ctx, { name: 'Steps' });
    await world.campaigns.replaceSteps(ctx, { campaignId, steps: [email()] });
    const bad = [
      { type: 'wait' as const },
      { type: 'email' as const, templateId: newId() },
      email('{{ nonsense }}', '{{'),
    ];
    for (const [step, pointer] of [
      [bad[0], '/steps/0/durationSeconds'],
      [bad[1], '/steps/0/templateId'],
      [bad[2], '/steps/0/subject'],
    ] as const) {
      await expect(
        world.campaigns.replaceSteps(ctx, { campaignId, steps: step ? [step] : [] }),
      ).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: expect.arrayContaining([expect.objectContaining({ pointer })]) },
      });
    }
    expect((await world.campaigns.get(ctx, { campaignId })).steps).toHaveLength(1);
  });

  it('is launched once, however many do it at once, and cannot be rewritten then', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1);
    const { id: campaignId } = await world.draft(ctx, LONG);
    const launches = await Promise.allSettled(
      Array.from({ length: 5 }, () => world.campaigns.launch(ctx, { campaignId })),
    );
    expect(launches.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(world.campaigns.replaceSteps(ctx, { campaignId, steps: [email()] })).rejects.toMatchObject({
      code: 'campaign.not_draft',
    });
    await expect(world.campaigns.remove(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.wrong_status',
    });
    await world.campaigns.pause(ctx, { campaignId });
    await world.campaigns.remove(ctx, { campaignId });
    await expect(world.campaigns.get(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.not_found',
    });
  });

  it('needs the rights that its contract names', async () => {
    const ctx = caller();
    const { id: campaignId } = await world.campaigns.create(ctx, { name: 'Rights' });
    const agent = { ...caller('agent'), tenantId: ctx.tenantId };
    for (const attempt of [
      () => world.campaigns.create(agent, { name: 'x' }),
      () => world.campaigns.launch(agent, { campaignId }),
      () => world.campaigns.pause(agent, { campaignId }),
      () => world.enrolments.enrol(agent, { campaignId }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'request.forbidden' });
    }
    expect(await world.campaigns.get(agent, { campaignId })).toMatchObject({ name: 'Rights' });
  });
});

describe('enrolling', () => {
  it('takes each lead once, however often and concurrently it is asked', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k\tenrol' });
    world.addLeads(ctx, 130);
    const { id: campaignId } = await world.campaigns.create(
      { ...ctx, idempotencyKey: 'c\tcreate' },
      { name: 'Once' },
    );
    const results = await Promise.all(
      Array.from({ length: 3 }, () => world.enrolments.enrol(ctx, { campaignId })),
    );
    expect(results.reduce((sum, { enrolled }) => sum + enrolled, 0)).toBe(130);
    expect(results.every(({ complete, cursor }) => complete && cursor === null)).toBe(true);
    expect(await world.enrolments.enrol(ctx, { campaignId })).toMatchObject({
      enrolled: 0,
      alreadyEnrolled: 130,
    });
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ enrolled: 130, pending: 130 });
  });

  it('in a running campaign begins at once', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1);
    const { id: campaignId } = await world.launched(ctx, LONG);
    world.addLeads(ctx, 1, () => ({ email: 'late@customer.test' }));
    await world.enrolments.enrol(ctx, { campaignId });
    await eventually(() => world.mail.to('late@customer.test').length === 1);
  });

  it('pages through enrolments and activities', async () => {
    const ctx = caller();
    world.addLeads(ctx, 3);
    const { id: campaignId } = await world.launched(ctx, [email()]);
    await world.completed(ctx, campaignId);
    const first = await world.enrolments.list(ctx, { campaignId, limit: 2 });
    const second = await world.enrolments.list(ctx, { campaignId, limit: 2, cursor: first.next ?? '' });
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(3);
    const one = first.items[0]?.id ?? '';
    expect((await world.enrolments.activities(ctx, { campaignId, enrolmentId: one })).items).toMatchObject([
      { enrolmentId: one },
    ]);
    await expect(
      world.enrolments.list(ctx, { campaignId, status: 'failed', cursor: first.next ?? '' }),
    ).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

describe('a campaign that is removed', () => {
  it('is gone at once, and whoever is enrolled is stopped in batches, with one event each', async () => {
    const ctx = caller();
    const { database } = world.service;
    const { id: campaignId } = await world.campaigns.create(ctx, { name: 'Large' });
    await database.query(
      `INSERT INTO campaigns.campaign_leads (id, tenant_id, campaign_id, lead_id, lead_version)
       SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 1
       FROM generate_series(1, 1500)`,
      [ctx.tenantId, campaignId],
    );
    await world.campaigns.remove(ctx, { campaignId });
    await expect(world.campaigns.get(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.not_found',
    });
    await eventually(async () => {
      const [row] = await database.query<{ done: boolean }>(
        'SELECT NOT is_stopping AS done FROM campaigns.campaigns WHERE id = $1',
        [campaignId],
      );
      return row?.done;
    });
    const batches = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n
       FROM campaigns.campaign_leads
       WHERE campaign_id = $1
         AND status = 'stopped'
       GROUP BY completed_at
       ORDER BY completed_at`,
      [campaignId],
    );
    expect(batches).toEqual([{ n: 1000 }, { n: 500 }]);
    const ended = await world.service.events(EnrolmentEnded, ctx.tenantId);
    expect(new Set(ended.map(({ aggregateId }) => aggregateId)).size).toBe(1500);
    expect(ended).toHaveLength(1500);
  });
});

describe('a campaign whose end has passed', () => {
  const END = `UPDATE campaigns.campaigns SET ends_at = now() - interval '1 second' WHERE id = $1`;

  it('sends nothing more, however long it takes to stop everybody', async () => {
    const ctx = caller();
    world.addLeads(ctx, 2);
    const { id: campaignId, emailAccountId } = await world.launched(ctx, [wait(3600), email()]);
    await world.service.database.query(END, [campaignId]);
    await world.service.database.query(
      'UPDATE campaigns.campaign_leads SET next_run_at = now() WHERE campaign_id = $1',
      [campaignId],
    );
    const claims = world.service.running.app.get(Claims);
    const journal = new SendJournal(world.journalDir);
    expect(await claims.take(ctx.tenantId, campaignId, emailAccountId ?? '', 10, journal)).toBeUndefined();
    await world.campaigns.update(ctx, { campaignId, name: 'Over' });
    await world.completed(ctx, campaignId);
    expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ stopped: 2, sent: 0 });
  });

  it('is not resumed, and says why; with a later end it is', async () => {
    const ctx = caller();
    world.addLeads(ctx, 1);
    const { id: campaignId } = await world.launched(ctx, LONG);
    await world.campaigns.pause(ctx, { campaignId });
    await world.service.database.query(END, [campaignId]);
    await expect(world.campaigns.resume(ctx, { campaignId })).rejects.toMatchObject({
      code: 'campaign.not_ready',
      details: { extras: { blockers: [expect.objectContaining({ code: 'over' })] } },
    });
    await world.campaigns.update(ctx, { campaignId, endsAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await world.campaigns.resume(ctx, { campaignId })).toMatchObject({ status: 'active' });
  });
});
