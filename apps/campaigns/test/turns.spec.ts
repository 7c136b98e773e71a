import { caller, eventually } from '@leadwire/testing';
import { email, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

/** More than are looked at together, due for a day. */
const BUSY_TENANTS = `
  INSERT INTO campaigns.tenant_schedule (tenant_id, next_due_at)
  SELECT gen_random_uuid(), now() - interval '1 day'
  FROM generate_series(1, 250)`;
/** They stay due whatever is done for them, as those do who always have more to send. */
const STAY_DUE = [
  `CREATE FUNCTION campaigns.stay_due() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN NEW.next_due_at := OLD.next_due_at; RETURN NEW; END $$`,
  `CREATE TRIGGER stay_due BEFORE UPDATE ON campaigns.tenant_schedule FOR EACH ROW
     WHEN (OLD.next_due_at < now() - interval '12 hours') EXECUTE FUNCTION campaigns.stay_due()`,
];

it('a tenant gets its turn however many others are always due', async () => {
  const { database } = world.service;
  for (const sql of STAY_DUE) await database.query(sql);
  await database.query(BUSY_TENANTS);
  const ctx = caller();
  world.addLeads(ctx, 3, (i) => ({ email: `turn${i}@customer.test` }));
  const { id: campaignId } = await world.launched(ctx, [email()]);
  await world.completed(ctx, campaignId);
  expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ sent: 3 });
  await database.query('DROP TRIGGER stay_due ON campaigns.tenant_schedule');
});

it('a tenant that cannot be served waits a while each time, and goes on once it can', async () => {
  const { database } = world.service;
  const ctx = caller();
  world.addLeads(ctx, 1);
  const { id: campaignId } = await world.draft(ctx, [email()]);
  const setZone = (zone: string) =>
    database.query('UPDATE campaigns.email_accounts SET timezone = $2 WHERE tenant_id = $1', [
      ctx.tenantId,
      zone,
    ]);
  await setZone('Mars/Olympus');
  await world.campaigns.launch(ctx, { campaignId });
  await eventually(async () => {
    const [row] = await database.query<{ waits: boolean }>(
      `SELECT next_due_at > now() + interval '1 second' AS waits FROM campaigns.tenant_schedule WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    return row?.waits;
  });
  expect(await world.campaigns.stats(ctx, { campaignId })).toMatchObject({ active: 1, sending: 0 });
  await setZone('UTC');
  await world.completed(ctx, campaignId);
});
