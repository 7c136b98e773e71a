import { newId, type Ctx } from '@leadwire/kernel';
import { caller, TestService } from '@leadwire/testing';
import { ItemAdded, itemsApi, probeMigrations, probeService, type ItemsApi } from './probe.service.js';

describe('a request to a service', () => {
  let service: TestService;
  let items: ItemsApi;

  beforeAll(async () => {
    service = await TestService.start(probeService, { migrations: probeMigrations });
    items = service.client(itemsApi);
  });
  afterAll(() => service.stop());

  it('writes the row and its event in one transaction and answers the row', async () => {
    const ctx = caller();
    const item = await items.add(ctx, { name: 'lamp' });
    expect(item).toEqual({ id: expect.any(String), name: 'lamp', weight: 1 });
    expect(await items.get(ctx, { id: item.id })).toEqual(item);
    expect(await service.events(ItemAdded, ctx.tenantId)).toMatchObject([
      { aggregateId: item.id, data: { name: 'lamp' } },
    ]);
  });

  it("answers not_found for another tenant's row", async () => {
    const item = await items.add(caller(), { name: 'lamp' });
    await expect(items.get(caller(), { id: item.id })).rejects.toMatchObject({
      code: 'item.not_found',
      kind: 'not_found',
    });
  });

  it('refuses a caller without the right', async () => {
    await expect(items.add(caller('viewer'), { name: 'lamp' })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it('refuses a context that nobody trusted has signed', async () => {
    const { RpcClient, clientOf } = await import('@leadwire/messaging');
    const { CtxSigner } = await import('@leadwire/security');
    const forger = new RpcClient(service.connection, new CtxSigner('gateway', Buffer.alloc(32, 7)));
    await expect(clientOf(itemsApi, forger).add(caller(), { name: 'x' })).rejects.toMatchObject({
      code: 'request.unauthenticated',
    });
  });

  it.each([
    ['a missing field', {}, '/name'],
    ['a wrong type', { name: 5 }, '/name'],
    ['too long a text', { name: 'x'.repeat(101) }, '/name'],
    ['an unknown field', { name: 'x', admin: true }, '/admin'],
    ['a NUL character', { name: 'a\0b' }, '/name'],
    ['a number out of range', { name: 'x', weight: 1001 }, '/weight'],
    ['a null where none may be', { name: 'x', weight: null }, '/weight'],
  ])('refuses %s with a pointer to it', async (_, input, pointer) => {
    await expect(items.add(caller(), input as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('says nothing about an unexpected failure but that it happened', async () => {
    const failure = await items.explode(caller(), { id: newId() }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'request.internal' });
    expect(JSON.stringify(failure)).not.toContain('secret of the explosion');
  });

  it('answers request.unavailable when nobody serves it', async () => {
    const { defineApi } = await import('@leadwire/contracts');
    const { AddItem } = await import('./probe.service.js');
    const nobody = defineApi<{ ask(ctx: Ctx, input: object): Promise<void> }>('nobody.home', {
      ask: { input: AddItem, can: 'public' },
    });
    await expect(service.client(nobody).ask(caller(), { name: 'x' })).rejects.toMatchObject({
      code: 'request.unavailable',
    });
  });

  it('is not started after its deadline', async () => {
    const late = caller('owner', { deadline: Date.now() + 10 });
    await expect(items.add(late, { name: 'late' })).rejects.toMatchObject({ code: 'request.timeout' });
    expect(await service.events(ItemAdded, late.tenantId)).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  let service: TestService;
  let items: ItemsApi;

  beforeAll(async () => {
    service = await TestService.start(probeService, { migrations: probeMigrations });
    items = service.client(itemsApi);
  });
  afterAll(() => service.stop());

  it('answers a repeat with the first answer and does nothing twice', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k1\tPOST /items {"name":"lamp"}' });
    const first = await items.add(ctx, { name: 'lamp' });
    const second = await items.add(ctx, { name: 'lamp' });
    expect(second).toEqual(first);
    expect(await service.events(ItemAdded, ctx.tenantId)).toHaveLength(1);
  });

  it('refuses another request with the same key', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k1\tone' });
    await items.add(ctx, { name: 'one' });
    await expect(items.add({ ...ctx, idempotencyKey: 'k1\tother' }, { name: 'other' })).rejects.toMatchObject(
      {
        code: 'idempotency.key_reused',
      },
    );
  });

  it('lets exactly one of many concurrent repeats act', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k1\tsame' });
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => items.add(ctx, { name: 'same' })),
    );
    const ids = new Set(answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value.id] : [])));
    const refusals = answers.flatMap((a) =>
      a.status === 'rejected' ? [(a.reason as { code: string }).code] : [],
    );
    expect(ids.size).toBe(1);
    expect(refusals.every((code) => code === 'idempotency.in_flight')).toBe(true);
    expect(await service.events(ItemAdded, ctx.tenantId)).toHaveLength(1);
  });

  it("is the tenant's own", async () => {
    const one = await items.add(caller('owner', { idempotencyKey: 'shared\tx' }), { name: 'x' });
    const two = await items.add(caller('owner', { idempotencyKey: 'shared\tx' }), { name: 'x' });
    expect(one.id).not.toBe(two.id);
  });
});
