import { ImportFinished, TenantUpdated } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { countsOf, fileOf, ImportFixture } from './import-fixture.js';

const ROWS = 30_000;

describe('an import of a tenant that is not active', () => {
  let imports: ImportFixture;
  beforeAll(async () => {
    imports = await ImportFixture.start();
  });
  afterAll(() => imports.stop());

  const become = (ctx: Ctx, status: string, version: number) =>
    imports.service.publish(TenantUpdated, {
      tenantId: ctx.tenantId,
      aggregateId: ctx.tenantId,
      version,
      data: { name: 'Acme', status, planTier: 'trial' },
    });
  const isHeld = async (importId: string) => {
    const [row] = await imports.service.database.query<{ held: boolean }>(
      `SELECT leased_until = 'infinity' AS held FROM leads.lead_imports WHERE id = $1`,
      [importId],
    );
    return row?.held ?? false;
  };

  it('stops after the batch under way, and goes on after it once the tenant is active: each row once', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, fileOf(ROWS));
    await eventually(async () => (await imports.leadCount(ctx)) > 0);
    await become(ctx, 'suspended', 2);
    await eventually(() => isHeld(id));
    // A batch whose lease was taken away is rolled back, so what is there now stays.
    const before = await imports.leadCount(ctx);
    expect(before).toBeLessThan(ROWS);
    const other = caller();
    expect(countsOf(await imports.run(other, fileOf(300)))).toMatchObject({ imported: 300 });
    expect(await imports.leadCount(ctx)).toBe(before);
    expect(await imports.service.events(ImportFinished, ctx.tenantId)).toEqual([]);
    await become(ctx, 'active', 3);
    expect(countsOf(await imports.ended(ctx, id))).toMatchObject({ status: 'completed', imported: ROWS });
    expect(await imports.leadCount(ctx)).toBe(ROWS);
  });

  it('does not begin when it was asked for after the word', async () => {
    const ctx = caller();
    await become(ctx, 'suspended', 2);
    await eventually(async () => {
      const known = await imports.service.database.query(
        'SELECT FROM leads.tenant_standing WHERE tenant_id = $1 AND NOT active',
        [ctx.tenantId],
      );
      return known.length > 0;
    });
    const { id } = await imports.begin(ctx, fileOf(300));
    expect(await isHeld(id)).toBe(true);
    await become(ctx, 'active', 3);
    expect(countsOf(await imports.ended(ctx, id))).toMatchObject({ imported: 300 });
  });

  it('stops at the limit that an operator set for the team, and says so', async () => {
    const ctx = caller();
    await imports.service.rights.change(ctx.tenantId, { limits: { lead_import: { rowsPerImport: 250 } } });
    const ended = await imports.run(ctx, fileOf(300));
    expect(ended).toMatchObject({ status: 'failed', failureCode: 'lead_import.too_many_rows' });
    expect(await imports.leadCount(ctx)).toBe(250);
    expect(countsOf(await imports.run(ctx, fileOf(250)))).toMatchObject({ status: 'completed' });
  });

  it('can be cancelled while it is held', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, fileOf(ROWS));
    await become(ctx, 'closed', 2);
    await eventually(() => isHeld(id));
    await imports.api.cancel(ctx, { importId: id });
    await become(ctx, 'active', 3);
    expect((await imports.ended(ctx, id)).status).toBe('cancelled');
  });

  it('is not let go by a word that comes late', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, fileOf(ROWS));
    await become(ctx, 'suspended', 7);
    await eventually(() => isHeld(id));
    const late = await become(ctx, 'active', 6);
    await eventually(async () => {
      const handled = await imports.service.database.query('SELECT FROM leads.inbox WHERE event_id = $1', [
        late,
      ]);
      return handled.length > 0;
    });
    expect(await isHeld(id)).toBe(true);
  });
});
