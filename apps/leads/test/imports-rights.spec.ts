import { caller, eventually } from '@leadwire/testing';
import { fileOf, ImportFixture } from './import-fixture.js';

/** So many that nobody imports them before the test can speak. */
const LONG_ROWS = 150_000;

describe('an import of a team that may not import', () => {
  let imports: ImportFixture;
  beforeAll(async () => {
    imports = await ImportFixture.start();
    await imports.service.rights.changeForEverybody({});
  });
  afterAll(() => imports.stop());

  const givenBack = (importId: string) =>
    eventually(async () => {
      const [row] = await imports.service.database.query<{ waits: boolean }>(
        `SELECT lease IS NULL AND leased_until > now() AS waits FROM leads.lead_imports WHERE id = $1`,
        [importId],
      );
      return row?.waits;
    });

  it('waits, whatever took the right away, and is carried out when it is back', async () => {
    const ctx = caller();
    await imports.service.rights.change(ctx.tenantId, { features: { lead_import: false } });
    const { id } = await imports.begin(ctx, fileOf(3));
    await givenBack(id);
    expect(await imports.leads(ctx)).toEqual([]);
    await imports.service.rights.change(ctx.tenantId, {});
    expect(await imports.ended(ctx, id)).toMatchObject({ status: 'completed' });
    expect(await imports.leads(ctx)).toHaveLength(3);
  });

  it('stops between two batches when the team is suspended, and goes on where it stopped', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, fileOf(LONG_ROWS));
    const doneOf = async () => {
      const [row] = await imports.service.database.query<{ done: string }>(
        'SELECT records_done AS done FROM leads.lead_imports WHERE id = $1',
        [id],
      );
      return Number(row?.done);
    };
    await eventually(async () => (await doneOf()) > 0);
    await imports.service.rights.change(ctx.tenantId, { status: 'suspended' });
    await givenBack(id);
    const stoppedAt = await doneOf();
    expect(stoppedAt).toBeLessThan(LONG_ROWS);
    await imports.service.rights.change(ctx.tenantId, {});
    await eventually(async () => (await doneOf()) > stoppedAt);
    await imports.api.cancel(ctx, { importId: id });
  });
});
