import { TenantUpdated, UserSuspended } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { email, wait, World } from './world.js';

const MAILS = 60;

describe('a tenant that is not active', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  afterEach(() => {
    world.mail.delayMs = 0;
  });

  let version = 1;
  const become = (ctx: Ctx, status: string, as = ++version) =>
    world.service.publish(TenantUpdated, {
      tenantId: ctx.tenantId,
      aggregateId: ctx.tenantId,
      version: as,
      data: { name: 'Acme', status, planTier: 'trial' },
    });
  const isHalted = async (ctx: Ctx) => {
    const [row] = await world.service.database.query<{ halted: boolean }>(
      'SELECT halted FROM campaigns.tenant_schedule WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    return row?.halted ?? false;
  };
  const addresses = (name: string) => Array.from({ length: MAILS }, (_, i) => `${name}${i}@customer.test`);
  const arrived = (name: string) => addresses(name).flatMap((address) => world.mail.to(address)).length;
  const underWay = async (ctx: Ctx) => {
    const [row] = await world.service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM campaigns.campaign_lead_activities WHERE tenant_id = $1 AND status = 'sending'`,
      [ctx.tenantId],
    );
    return row?.n;
  };
  const launch = async (ctx: Ctx, name: string) => {
    world.addLeads(ctx, MAILS, (i) => ({ email: `${name}${i}@customer.test` }));
    return world.launched(ctx, [email()]);
  };

  it.each(['suspended', 'closed'])(
    'sends nothing more once it is %s, also of what was claimed; once reinstated, everything arrives once',
    async (status) => {
      const ctx = caller();
      // Slow enough that claimed mails still wait when the word comes.
      world.mail.delayMs = 100;
      const { id: campaignId } = await launch(ctx, status);
      await eventually(() => arrived(status) > 0);
      await become(ctx, status);
      await eventually(() => isHalted(ctx));
      await eventually(async () => (await underWay(ctx)) === 0);
      const before = arrived(status);
      expect(before).toBeLessThan(MAILS);
      expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ sent: before, failed: 0 });
      // Others are served meanwhile: had anything of this tenant been due, it would have left before them.
      world.mail.delayMs = 0;
      const other = caller();
      const { id: otherCampaign } = await launch(other, `beside-${status}`);
      await world.completed(other, otherCampaign);
      expect(arrived(status)).toBe(before);
      expect((await world.campaigns.get(ctx, { campaignId })).status).toBe('active');

      await become(ctx, 'active');
      await world.completed(ctx, campaignId);
      for (const address of addresses(status)) expect(world.mail.to(address)).toHaveLength(1);
    },
  );

  it('pauses what somebody launched whom an operator stopped, and nothing else; a colleague may resume it', async () => {
    const lee = caller();
    const kim = { ...caller(), tenantId: lee.tenantId };
    world.addLeads(lee, 1, () => ({ email: 'patient@customer.test' }));
    const sequence = [email(), wait(60), email()];
    const { id: campaignId } = await world.launched(lee, sequence);
    const { id: other } = await world.launched(kim, sequence);
    await world.service.publish(UserSuspended, {
      tenantId: lee.tenantId,
      aggregateId: lee.userId as string,
      data: { userId: lee.userId as string },
    });
    const stopped = await eventually(async () => {
      const campaign = await world.campaigns.get(kim, { campaignId });
      return campaign.status === 'paused' && campaign;
    });
    expect(stopped.pauseReason).toBe('launcher-suspended');
    expect((await world.campaigns.get(kim, { campaignId: other })).status).toBe('active');
    expect((await world.campaigns.resume(kim, { campaignId })).status).toBe('active');
  });

  it('is not reinstated by a word that comes late', async () => {
    const ctx = caller();
    await become(ctx, 'suspended', 7);
    await eventually(() => isHalted(ctx));
    const late = await become(ctx, 'active', 6);
    await eventually(async () => {
      const rows = await world.service.database.query('SELECT FROM campaigns.inbox WHERE event_id = $1', [
        late,
      ]);
      return rows.length > 0;
    });
    expect(await isHalted(ctx)).toBe(true);
  });

  it('goes on with other mails when only its name or plan changed', async () => {
    const ctx = caller();
    await become(ctx, 'active');
    const { id: campaignId } = await launch(ctx, 'renamed');
    await become(ctx, 'active');
    await world.completed(ctx, campaignId);
    expect(arrived('renamed')).toBe(MAILS);
  });

  it('is halted in every replica, whichever heard of it', async () => {
    const replica = await world.service.addReplica();
    const ctx = caller();
    world.mail.delayMs = 100;
    const { id: campaignId } = await launch(ctx, 'replicas');
    await eventually(() => arrived('replicas') > 0);
    await become(ctx, 'suspended');
    await eventually(async () => (await isHalted(ctx)) && (await underWay(ctx)) === 0);
    const before = arrived('replicas');
    await replica.stop();
    expect(arrived('replicas')).toBe(before);
    world.mail.delayMs = 0;
    await become(ctx, 'active');
    await world.completed(ctx, campaignId);
    for (const address of addresses('replicas')) expect(world.mail.to(address)).toHaveLength(1);
  });
});
