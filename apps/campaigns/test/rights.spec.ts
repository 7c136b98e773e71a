import { caller, eventually } from '@leadwire/testing';
import { email, World } from './world.js';

describe('a launched campaign of a team that may not send', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    await world.service.rights.changeForEverybody({});
  });
  afterAll(() => world.stop());

  const postponed = (tenantId: string) =>
    eventually(async () => {
      const [row] = await world.service.database.query<{ waits: boolean }>(
        `SELECT next_due_at > now() + interval '1 s' AS waits FROM campaigns.tenant_schedule WHERE tenant_id = $1`,
        [tenantId],
      );
      return row?.waits;
    });

  it.each([
    ['because campaigns are switched off', { features: { email_campaigns: false } }],
    ['because it is suspended', { status: 'suspended' }],
    ['because its plan has no campaigns', { planTier: 'bronze' }],
    ['because the flag is off', { flags: { email_campaigns: { on: false } } }],
  ])('waits as it is, %s, and goes on by itself when it may', async (reason, over) => {
    const ctx = caller();
    await world.service.rights.change(ctx.tenantId, over);
    const address = `${reason.replaceAll(' ', '-')}@customer.test`;
    world.addLeads(ctx, 1, () => ({ email: address }));
    const { id } = await world.launched(ctx, [email()]);
    await postponed(ctx.tenantId);
    expect(world.mail.to(address)).toEqual([]);
    expect((await world.campaigns.get(ctx, { campaignId: id })).status).toBe('active');
    await world.service.rights.change(ctx.tenantId, {});
    await world.completed(ctx, id);
    expect(world.mail.to(address)).toHaveLength(1);
  });
});
