import { defineApi } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { clientOf, EVENTS_STREAM, RpcClient } from '@leadwire/messaging';
import { OutboxRelay } from '@leadwire/persistence';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { caller, eventually, TestService } from '@leadwire/testing';
import { readConfig } from '../src/index.js';
import {
  Item,
  ItemAdded,
  ItemRef,
  itemsApi,
  OrderPlaced,
  probeMigrations,
  probeService,
  type ItemsApi,
} from './probe.service.js';

describe('a service', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start(probeService, { migrations: probeMigrations });
  });
  afterAll(() => service.stop());

  it('says it is ready while broker and database answer, and that it is not while the broker is away', async () => {
    const address = await service.running.app.getUrl();
    const ready = async () => (await fetch(`${address}/health/ready`)).status;
    expect(await ready()).toBe(200);
    await service.nats.down('SIGKILL');
    await eventually(async () => (await ready()) === 503);
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    await service.nats.up();
    await eventually(async () => (await ready()) === 200);
  });

  it('shows its numbers to Prometheus', async () => {
    const ctx = caller();
    await service.client(itemsApi).add(ctx, { name: 'counted' });
    await service.publish(OrderPlaced, { tenantId: ctx.tenantId, data: { item: 'counted', quantity: 1 } });
    await service.publish(OrderPlaced, {
      tenantId: ctx.tenantId,
      data: { item: 'counted', quantity: 'many' as never },
    });
    const address = await service.running.app.getUrl();
    const shown = async () => (await fetch(`${address}/metrics`)).text();
    const numbers = [
      /leadwire_rpc_served_seconds_count\{[^}]*subject="rpc.probe.items.add",code="ok"\} [1-9]/,
      /leadwire_outbox_published_total\S* [1-9]/,
      /leadwire_outbox_pending\S* 0/,
      /leadwire_outbox_oldest_seconds\S* 0/,
      /leadwire_event_handled_seconds_count\{[^}]*consumer="probe__orders"[^}]*\} [1-9]/,
      /leadwire_event_age_seconds_count\{[^}]*consumer="probe__orders"[^}]*\} [1-9]/,
      /leadwire_event_dead_letters_total\{[^}]*consumer="probe__orders"[^}]*\} [1-9]/,
      /leadwire_consumer_lag\{[^}]*consumer="probe__orders"[^}]*\} 0/,
      /# TYPE leadwire_event_redelivered_total counter/,
    ];
    await eventually(async () => {
      const text = await shown();
      return numbers.every((number) => number.test(text));
    });
  });

  it('answers what it has begun when it is told to stop, and another replica takes over', async () => {
    const second = await service.addReplica();
    const ctx = caller();
    const items = service.client(itemsApi);
    const answers = Promise.all(Array.from({ length: 50 }, (_, i) => items.add(ctx, { name: `item ${i}` })));
    await second.stop();
    expect(await answers).toHaveLength(50);
    await eventually(async () =>
      (await service.events(ItemAdded, ctx.tenantId)).every((event) => event.processed),
    );
  });

  it('asks other services for what it has begun until it has stopped', async () => {
    const elsewhere = defineApi<Pick<ItemsApi, 'get'>>('elsewhere.items', {
      get: { input: ItemRef, output: Item, can: 'leads.read', idempotent: true },
    });
    const item = { id: newId(), name: 'far away', weight: 1 };
    const callback = (_: unknown, msg: Msg) => void msg.respond(JSON.stringify(item));
    service.connection.subscribe('rpc.elsewhere.>', { callback });
    const { app, stop } = await service.addReplica();
    const relay = app.get(OutboxRelay);
    const stopRelay = relay.stop.bind(relay);
    let answer: Item | undefined;
    // The last that a service does but for closing its connections.
    relay.stop = async () => {
      answer = await clientOf(elsewhere, app.get(RpcClient)).get(caller(), { id: item.id });
      await stopRelay();
    };
    await stop();
    expect(answer).toEqual(item);
  });

  it('goes on with the consumer that an older version left, whatever that listened to', async () => {
    const manager = await jetstreamManager(service.connection);
    const consumer = 'probe__orders';
    const { config } = await manager.consumers.info(EVENTS_STREAM, consumer);
    await manager.consumers.update(EVENTS_STREAM, consumer, { filter_subject: 'evt.orders.order.placed.*' });
    await service.addReplica();
    const { config: after } = await manager.consumers.info(EVENTS_STREAM, consumer);
    expect(after.filter_subject).toBe(config.filter_subject);
  });

  it('survives that the database drops all its connections', async () => {
    const ctx = caller();
    const items = service.client(itemsApi);
    await service.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const item = await eventually(() => items.add(ctx, { name: newId() }).catch(() => undefined));
    await eventually(async () =>
      (await service.events(ItemAdded, ctx.tenantId)).every((event) => event.processed),
    );
    expect(await items.get(ctx, { id: item.id })).toEqual(item);
  });
});

describe('a configuration that is not complete', () => {
  it('is refused with all its faults at once', () => {
    const env = { HTTP_PORT: 'eighty', NATS_URL: 'nats://127.0.0.1:4222', CURSOR_KEY: 'c2hvcnQ=' };
    const read = () => readConfig(probeService.config, env);
    expect(read).toThrow(/HTTP_PORT/);
    expect(read).toThrow(/CURSOR_KEY: must be the base64 of 32 bytes/);
    expect(read).toThrow(/DATABASE_URL/);
  });
});
