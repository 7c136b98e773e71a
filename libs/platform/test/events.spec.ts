import { subjectOf } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventHeaders, headersOf } from '@leadwire/messaging';
import { DeadLetters } from '@leadwire/persistence';
import { caller, eventually, TestService } from '@leadwire/testing';
import type { Msg } from '@nats-io/transport-node';
import {
  ItemAdded,
  itemsApi,
  OrderCancelled,
  OrderPlaced,
  OrdersConsumer,
  probeMigrations,
  probeService,
} from './probe.service.js';

type OrderRow = { item: string; quantity: number; handled: number };

describe('facts between services', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start(probeService, { migrations: probeMigrations });
  });
  afterAll(() => service.stop());

  const orders = (tenantId: string) =>
    service.database.query<OrderRow>(
      'SELECT item, quantity, handled FROM probe.orders WHERE tenant_id = $1 ORDER BY item',
      [tenantId],
    );
  const placed = (tenantId: string, item: string, quantity = 1, id?: string) =>
    service.publish(OrderPlaced, {
      tenantId,
      data: { item, quantity },
      ...(id ? { id, messageId: newId() } : {}),
    });
  const wireOf = (tenantId: string) => {
    const id = newId();
    const payload = JSON.stringify({ item: 'lamp', quantity: 1 });
    const metadata = {
      version: 0,
      actor: 'system' as const,
      userId: null,
      correlationId: id,
      causationId: null,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    const occurredAt = new Date().toISOString();
    const message = { id, tenantId, type: OrderPlaced.type, aggregateId: id, payload, occurredAt, metadata };
    return { headers: eventHeaders(message), payload };
  };
  const letters = () => DeadLetters.open(service.database.url('probe', 'relay'), service.connection);

  it('leave the outbox soon after the commit', async () => {
    const ctx = caller();
    await service.client(itemsApi).add(ctx, { name: 'lamp' });
    await eventually(async () =>
      (await service.events(ItemAdded, ctx.tenantId)).every((event) => event.processed),
    );
  });

  it('are handled once however often they are delivered', async () => {
    const tenantId = newId();
    const id = newId();
    for (let i = 0; i < 5; i++) await placed(tenantId, 'lamp', 2, id);
    await placed(tenantId, 'rug');
    await eventually(async () => (await orders(tenantId)).length === 2);
    expect(await orders(tenantId)).toEqual([
      { item: 'lamp', quantity: 2, handled: 1 },
      { item: 'rug', quantity: 1, handled: 1 },
    ]);
  });

  it('that one handler cannot stomach become dead letters, do not harm their neighbours, and can be redriven', async () => {
    const tenantId = newId();
    await Promise.all([placed(tenantId, 'good'), placed(tenantId, 'poison'), placed(tenantId, 'fine')]);
    const operator = await letters();
    const [letter] = await eventually(async () => {
      const open = (await operator.list()).filter((row) => row.tenantId === tenantId);
      return open.length === 1 && open;
    });
    expect(letter).toMatchObject({
      consumer: 'probe__orders',
      eventType: 'orders.order.placed',
      reason: 'cannot stomach this',
    });
    expect((await orders(tenantId)).map(({ item }) => item)).toEqual(['fine', 'good']);

    OrdersConsumer.cured = true;
    expect(await operator.redrive(letter?.id)).toBe(1);
    await eventually(async () => (await orders(tenantId)).length === 3);
    expect((await orders(tenantId)).every(({ handled }) => handled === 1)).toBe(true);
    expect(await operator.list()).toEqual([]);
    await operator.close();
  });

  it('wait out the outage of what they need, however often they are tried meanwhile', async () => {
    const tenantId = newId();
    const outage = (OrdersConsumer.outage = { met: 0 });
    await placed(tenantId, 'far');
    // Twice as often as what a handler cannot stomach is tried.
    await eventually(() => outage.met >= 6);
    const operator = await letters();
    expect((await operator.list()).filter((row) => row.tenantId === tenantId)).toEqual([]);
    await operator.close();
    OrdersConsumer.outage = undefined;
    await eventually(async () => (await orders(tenantId)).length === 1);
  });

  it('of one aggregate are handled in order, also when two kinds alternate and one of them in batches', async () => {
    const tenantId = newId();
    for (let i = 0; i < 60; i++) {
      const fact = { tenantId, aggregateId: newId(), data: { item: `item ${i}`, quantity: 3 } };
      await service.publish(OrderPlaced, fact);
      await service.publish(OrderCancelled, fact);
    }
    await eventually(async () => {
      const rows = await orders(tenantId);
      return rows.length === 60 && rows.every(({ quantity }) => quantity === 0);
    });
  });

  it('that are not valid are buried at once', async () => {
    const tenantId = newId();
    await service.publish(OrderPlaced, { tenantId, data: { item: 'x', quantity: 'many' as never } });
    const operator = await letters();
    await eventually(async () =>
      (await operator.list()).some((row) => row.tenantId === tenantId && /invalid/.test(row.reason)),
    );
    await operator.close();
  });

  it('whose headers name another tenant than their subject are buried too', async () => {
    const [mine, other] = [newId(), newId()];
    const { headers, payload } = wireOf(mine);
    const subject = subjectOf(OrderPlaced.type, other);
    service.connection.publish(subject, payload, { headers });
    const operator = await letters();
    await eventually(async () =>
      (await operator.list()).some(
        (row) => row.tenantId === mine && /headers are not of its subject/.test(row.reason),
      ),
    );
    expect([...(await orders(mine)), ...(await orders(other))]).toEqual([]);
    await operator.close();
  });

  it('are read from the bytes as the client itself reads them', async () => {
    const { headers, payload } = wireOf(newId());
    headers.append('again', 'one');
    headers.append('again', ' zwei: Straße ');
    const [received] = await Promise.all([
      new Promise<Msg>((resolve, reject) => {
        service.connection.subscribe('wire', {
          max: 1,
          callback: (error, msg) => (error ? reject(error) : resolve(msg)),
        });
      }),
      service.connection.publish('wire', payload, { headers }),
    ]);
    const read = headersOf(received);
    expect(read).not.toBe(received.headers);
    expect(new Map(read)).toEqual(new Map(received.headers));
  });

  it('written by newer versions with unknown fields are understood', async () => {
    const tenantId = newId();
    await service.publish(OrderPlaced, {
      tenantId,
      data: { item: 'new', quantity: 1, colour: 'red' } as never,
    });
    await eventually(async () => (await orders(tenantId)).length === 1);
  });

  it('survive a restart of the broker on both sides', async () => {
    const ctx = caller();
    await service.nats.down('SIGKILL');
    await service.running.app
      .get((await import('./probe.service.js')).ItemsService)
      .add(ctx, { name: 'meanwhile' });
    await service.nats.up();
    await eventually(async () =>
      (await service.events(ItemAdded, ctx.tenantId)).every((event) => event.processed),
    );
    await placed(ctx.tenantId, 'after');
    await eventually(async () => (await orders(ctx.tenantId)).length === 1);
  });

  it('are published again by a replay without a second effect', async () => {
    const ctx = caller();
    await service.client(itemsApi).add(ctx, { name: 'again' });
    await eventually(async () =>
      (await service.events(ItemAdded, ctx.tenantId)).every((event) => event.processed),
    );
    const operator = await letters();
    const range = { since: new Date(0), until: new Date(Date.now() + 60_000), tenantId: ctx.tenantId };
    expect(await operator.replay({ ...range, dryRun: true })).toBe(1);
    expect(await operator.replay(range)).toBe(1);
    await operator.close();
  });
});
