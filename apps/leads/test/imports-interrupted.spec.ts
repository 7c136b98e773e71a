import { ImportBatchStored, ImportFinished, LeadUpdated, type ImportDedupe } from '@leadwire/contracts';
import { caller, eventually } from '@leadwire/testing';
import { countsOf, fileOf, ImportFixture } from './import-fixture.js';

const ROWS = 22_000;
/** So many that nobody imports them before the test can speak. */
const LONG_ROWS = 150_000;

describe('an import', () => {
  let imports: ImportFixture;
  const file = fileOf(ROWS);

  beforeAll(async () => {
    imports = await ImportFixture.start();
    await imports.service.addReplica();
  });
  afterAll(() => imports.stop());

  /** Takes the lease away from whoever commits one of these checkpoints, while its next batch is on its way already. */
  const loseLeases = async (checkpoints: number[]) => {
    const statements = [
      `CREATE FUNCTION leads.lose_lease() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         NEW.lease := gen_random_uuid();
         NEW.leased_until := now() - interval '1 s';
         RETURN NEW;
       END $$`,
      `CREATE TRIGGER lose_lease BEFORE UPDATE ON leads.lead_imports FOR EACH ROW
         WHEN (OLD.records_done <> NEW.records_done AND NEW.records_done IN (${checkpoints.join()}))
         EXECUTE FUNCTION leads.lose_lease()`,
    ];
    for (const sql of statements) await imports.service.database.query(sql);
  };
  const keepLeases = () => imports.service.database.query('DROP FUNCTION leads.lose_lease() CASCADE');

  it.each(['skip', 'fill', 'overwrite'] as ImportDedupe[])(
    'of the same file again changes nothing (%s)',
    async (dedupe) => {
      const ctx = caller();
      const small = fileOf(300) + fileOf(300).split('\n').slice(1).join('\n').replaceAll('Anna', 'Berta');
      expect(countsOf(await imports.run(ctx, small, { dedupe }))).toMatchObject({
        rows: 600,
        imported: 300,
        duplicates: 300,
      });
      expect(countsOf(await imports.run(ctx, small, { dedupe }))).toEqual({
        status: 'completed',
        rows: 600,
        imported: 0,
        updated: 0,
        duplicates: 600,
        rejected: 0,
      });
      expect(await imports.service.events(LeadUpdated, ctx.tenantId)).toEqual([]);
      expect(
        (await imports.leads(ctx)).every(({ version, firstName }) => version === 1 && firstName === 'Anna'),
      ).toBe(true);
    },
  );

  it('of the same file at the same time makes each lead once', async () => {
    const ctx = caller();
    const started = await Promise.all([1, 2, 3].map(() => imports.begin(ctx, fileOf(2_000))));
    const ended = await Promise.all(started.map(({ id }) => imports.ended(ctx, id)));
    expect(ended.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(ended.reduce((sum, { imported }) => sum + imported, 0)).toBe(2_000);
    expect(ended.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(4_000);
    expect(await imports.leadCount(ctx)).toBe(2_000);
  });

  it('shows its progress while it runs', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, file);
    const seen = await eventually(async () => {
      const current = await imports.api.get(ctx, { importId: id });
      return current.rows > 0 && current;
    });
    expect(seen.rows).toBe(seen.imported + seen.updated + seen.duplicates + seen.rejected);
    expect(seen.rows % 5_000 === 0 || seen.rows === ROWS).toBe(true);
    expect(countsOf(await imports.ended(ctx, id))).toMatchObject({
      status: 'completed',
      rows: ROWS,
      imported: ROWS,
    });
  });

  it('whose worker is taken for dead while it lives is stored once, whoever carries it on', async () => {
    const ctx = caller();
    await loseLeases([5_000, 10_000]);
    const { id } = await imports.begin(ctx, `${file}not-an-address,x,y,z\n`);
    expect(countsOf(await imports.ended(ctx, id))).toEqual({
      status: 'completed',
      rows: ROWS + 1,
      imported: ROWS,
      updated: 0,
      duplicates: 0,
      rejected: 1,
    });
    expect(await imports.leadCount(ctx)).toBe(ROWS);
    const announced = (await imports.service.events(ImportBatchStored, ctx.tenantId)).flatMap(
      ({ data }) => data['createdLeadIds'] as string[],
    );
    expect(new Set(announced).size).toBe(ROWS);
    expect(announced).toHaveLength(ROWS);
    expect(await imports.service.events(ImportFinished, ctx.tenantId)).toHaveLength(1);
    await keepLeases();
    const { objectKey } = await imports.api.rejections(ctx, { importId: id });
    expect((await imports.object(objectKey)).split('\r\n')).toHaveLength(3);
  });

  it('that was cancelled stops, keeps what it has stored, and cannot be cancelled again', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, fileOf(LONG_ROWS));
    await eventually(async () => (await imports.api.get(ctx, { importId: id })).rows > 0);
    const cancelled = await imports.api.cancel(ctx, { importId: id });
    expect(cancelled).toMatchObject({ status: 'cancelled', finishedAt: expect.any(String) });
    expect(await imports.exists(`${ctx.tenantId}/imports/${id}.csv`)).toBe(false);
    expect(await imports.leadCount(ctx)).toBe(cancelled.imported);
    // The next import of this tenant starts only when the worker has let go of this one.
    await imports.run(ctx, fileOf(1, 'other'));
    expect(await imports.leadCount(ctx)).toBe(cancelled.imported + 1);
    await expect(imports.api.cancel(ctx, { importId: id })).rejects.toMatchObject({
      code: 'lead_import.ended',
    });
    expect(await imports.service.events(ImportFinished, ctx.tenantId)).toMatchObject([
      { data: { status: 'cancelled', imported: cancelled.imported } },
      { data: { status: 'completed' } },
    ]);
  });

  it('goes on in another replica when its own is stopped in the middle', async () => {
    const ctx = caller();
    const { id } = await imports.begin(ctx, file);
    await eventually(async () => (await imports.api.get(ctx, { importId: id })).rows > 0);
    await imports.service.running.stop();
    expect(countsOf(await imports.ended(ctx, id))).toMatchObject({
      status: 'completed',
      rows: ROWS,
      imported: ROWS,
      duplicates: 0,
    });
    expect(await imports.leadCount(ctx)).toBe(ROWS);
  });
});
