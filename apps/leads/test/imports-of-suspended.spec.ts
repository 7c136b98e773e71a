import {
  ImportFinished,
  TenantUpdated,
  UserReinstated,
  UserSuspended,
  type EventType,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { countsOf, fileOf, ImportFixture } from './import-fixture.js';

const ROWS = 30_000;

describe('an import of somebody whom an operator suspends', () => {
  let imports: ImportFixture;
  beforeAll(async () => {
    imports = await ImportFixture.start();
  });
  afterAll(() => imports.stop());

  const handled = (eventId: string) =>
    eventually(async () => {
      const rows = await imports.service.database.query('SELECT FROM leads.inbox WHERE event_id = $1', [
        eventId,
      ]);
      return rows.length > 0;
    });
  const say = async (type: EventType<{ userId: string }>, ctx: Ctx, version: number) => {
    const userId = ctx.userId as string;
    const { tenantId } = ctx;
    await handled(
      await imports.service.publish(type, { tenantId, aggregateId: userId, version, data: { userId } }),
    );
  };
  const become = async ({ tenantId }: Ctx, status: string, version: number) => {
    const data = { name: 'Acme', status, planTier: 'trial' };
    await handled(
      await imports.service.publish(TenantUpdated, { tenantId, aggregateId: tenantId, version, data }),
    );
  };
  const isHeld = async (importId: string) => {
    const [row] = await imports.service.database.query<{ held: boolean }>(
      `SELECT coalesce(leased_until = 'infinity', false) AS held FROM leads.lead_imports WHERE id = $1`,
      [importId],
    );
    return row?.held;
  };

  it('stops after the batch under way, while a colleague imports, and goes on once they are reinstated', async () => {
    const lee = caller();
    const kim = { ...caller(), tenantId: lee.tenantId };
    const { id } = await imports.begin(lee, fileOf(ROWS));
    await eventually(async () => (await imports.leadCount(lee)) > 0);
    await say(UserSuspended, lee, 1);
    const before = await imports.leadCount(lee);
    expect(before).toBeLessThan(ROWS);
    expect(countsOf(await imports.run(kim, fileOf(300, 'kim')))).toMatchObject({ imported: 300 });
    expect(await imports.leadCount(lee)).toBe(before + 300);
    expect(await imports.service.events(ImportFinished, lee.tenantId)).toHaveLength(1);
    await say(UserReinstated, lee, 2);
    expect(countsOf(await imports.ended(lee, id))).toMatchObject({ status: 'completed', imported: ROWS });
    expect(await imports.leadCount(lee)).toBe(ROWS + 300);
  });

  it('does not begin when it was asked for after the word, and a colleague may cancel it', async () => {
    const lee = caller();
    const kim = { ...caller(), tenantId: lee.tenantId };
    await say(UserSuspended, lee, 1);
    const { id } = await imports.begin(lee, fileOf(300));
    expect(await isHeld(id)).toBe(true);
    await imports.api.cancel(kim, { importId: id });
    expect((await imports.ended(kim, id)).status).toBe('cancelled');
  });

  it('goes on only when neither the person nor the team is suspended, in whatever order they are reinstated', async () => {
    for (const order of ['person first', 'team first']) {
      const lee = caller();
      await say(UserSuspended, lee, 1);
      await become(lee, 'suspended', 2);
      const { id } = await imports.begin(lee, fileOf(300));
      const last = [() => say(UserReinstated, lee, 2), () => become(lee, 'active', 3)];
      if (order === 'team first') last.reverse();
      await last[0]?.();
      expect(await isHeld(id)).toBe(true);
      await last[1]?.();
      expect(countsOf(await imports.ended(lee, id))).toMatchObject({ imported: 300 });
    }
  });

  it('is neither let go by a word that comes late, nor held by one about somebody else', async () => {
    const lee = caller();
    await say(UserSuspended, lee, 7);
    await say(UserReinstated, lee, 6);
    const { id } = await imports.begin(lee, fileOf(300));
    expect(await isHeld(id)).toBe(true);
    const kim = caller();
    await say(UserSuspended, { ...kim, userId: newId() }, 1);
    expect(countsOf(await imports.run(kim, fileOf(300)))).toMatchObject({ imported: 300 });
  });
});
