import { newId } from '@leadwire/kernel';
import { caller } from '@leadwire/testing';
import { fileOf, ImportFixture } from './import-fixture.js';

describe('imports', () => {
  let imports: ImportFixture;

  beforeAll(async () => {
    imports = await ImportFixture.start();
  });
  afterAll(() => imports.stop());

  it('of another tenant are not found and stay as they are', async () => {
    const ctx = caller();
    const { id: importId } = await imports.run(ctx, 'Email\nbroken\n');
    const stranger = caller();
    for (const ask of [imports.api.get, imports.api.cancel, imports.api.rejections]) {
      await expect(ask(stranger, { importId })).rejects.toMatchObject({ code: 'lead_import.not_found' });
    }
    expect((await imports.api.list(stranger, {})).items).toEqual([]);
    expect(await imports.api.get(ctx, { importId })).toMatchObject({ status: 'completed', rejected: 1 });
  });

  it.each([
    ['in the folder of another tenant', `${newId()}/imports/${newId()}.csv`],
    ['without an id', `TENANT/imports/${'-'.repeat(36)}.csv`],
  ])('do not read a file %s', async (_, key) => {
    const ctx = caller();
    const objectKey = key.replace('TENANT', ctx.tenantId);
    const asked = imports.api.create(ctx, { objectKey, fileName: 'x.csv', fileSize: 1 });
    await expect(asked).rejects.toMatchObject({ code: 'lead_import.foreign_file' });
    expect((await imports.api.list(ctx, {})).items).toEqual([]);
  });

  it('are refused without the right to import, and may be watched by whoever reads leads', async () => {
    const ctx = caller();
    const { id: importId } = await imports.run(ctx, fileOf(1));
    const agent = caller('agent', { tenantId: ctx.tenantId });
    await expect(imports.begin(agent, fileOf(1))).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(imports.api.cancel(agent, { importId })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
    await expect(imports.api.rejections(agent, { importId })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
    expect(await imports.api.get(agent, { importId })).toMatchObject({ imported: 1 });
  });

  it.each([
    ['/dedupe', { dedupe: 'merge' }],
    ['/delimiter', { delimiter: 'x' }],
    ['/encoding', { encoding: 'utf-7' }],
    ['/mapping/Email', { mapping: { Email: 7 } }],
    ['/fileName', { fileName: '' }],
  ])('are refused when %s is not valid', async (pointer, options) => {
    await expect(imports.begin(caller(), fileOf(1), options as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('fail when the mapping does not fit the file', async () => {
    const ctx = caller();
    const ended = await Promise.all(
      [{ Town: 'notes' }, { Email: 'mail' }, { Email: 'email', Company: 'email' }].map((mapping) =>
        imports.run(ctx, fileOf(1), { mapping }),
      ),
    );
    expect(ended.map(({ failureCode }) => failureCode)).toEqual([
      'lead_import.unknown_column',
      'lead_import.unknown_field',
      'lead_import.twice',
    ]);
    expect(await imports.leadCount(ctx)).toBe(0);
  });

  it('are listed newest first, by status, page by page', async () => {
    const ctx = caller();
    const ids: string[] = [];
    for (const file of [fileOf(1, 'a'), '', fileOf(1, 'b')]) ids.unshift((await imports.run(ctx, file)).id);
    const first = await imports.api.list(ctx, { limit: 2 });
    const rest = await imports.api.list(ctx, { limit: 2, cursor: first.next as string });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(rest.next).toBeNull();
    expect((await imports.api.list(ctx, { status: 'failed' })).items.map(({ id }) => id)).toEqual([ids[1]]);
  });

  it('are started once by a request that comes twice', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k\tsame' });
    const first = await imports.begin(ctx, fileOf(3));
    const second = await imports.begin(ctx, fileOf(3));
    expect(second.id).toBe(first.id);
    expect((await imports.api.list(ctx, {})).items).toHaveLength(1);
  });
});
