import { newId, systemCtx } from '@leadwire/kernel';
import { DeadLetters, TenantTransaction } from '@leadwire/persistence';
import { caller, eventually, TestService } from '@leadwire/testing';
import { connectNats } from '@leadwire/messaging';
import { ItemAdded, ItemEntity, itemsApi, probeMigrations, probeService } from './probe.service.js';

describe('the outbox', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start(probeService, { migrations: probeMigrations });
  });
  afterAll(() => service.stop());

  const transactions = () => service.running.app.get(TenantTransaction);
  const published = (tenantId: string, count: number) =>
    eventually(async () => {
      const events = await service.events(ItemAdded, tenantId);
      return events.length === count && events.every((event) => event.processed);
    });

  it('keeps no event of a transaction that failed', async () => {
    const ctx = caller();
    const failing = transactions().run(ctx, async (db) => {
      const item = await db.insert(ItemEntity, { name: 'ghost' });
      db.emit(ItemAdded, item.id, { name: 'ghost' });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await service.events(ItemAdded, ctx.tenantId)).toEqual([]);
  });

  it('publishes the events of an aggregate in the order of their commits, with two replicas running', async () => {
    await service.addReplica();
    const ctx = systemCtx(newId());
    const aggregateId = newId();
    const watcher = await connectNats(service.nats.url, 'watcher');
    const seen: string[] = [];
    watcher.subscribe(`evt.probe.item.added.${ctx.tenantId}`, {
      callback: (_, msg) => void seen.push(msg.json<{ name: string }>().name),
    });
    await watcher.flush();
    for (let i = 0; i < 200; i++) {
      await transactions().run(ctx, async (db) => db.emit(ItemAdded, aggregateId, { name: String(i) }));
    }
    await published(ctx.tenantId, 200);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    await watcher.close();
  });

  it('publishes a backlog of large and small events in order', async () => {
    const ctx = systemCtx(newId());
    const aggregateId = newId();
    const watcher = await connectNats(service.nats.url, 'watcher');
    const seen: number[] = [];
    watcher.subscribe(`evt.probe.item.added.${ctx.tenantId}`, {
      callback: (_, msg) => void seen.push(Number.parseInt(msg.json<{ name: string }>().name, 10)),
    });
    await watcher.flush();
    const count = 400;
    const padding = 'x'.repeat(30_000);
    await transactions().run(ctx, async (db) => {
      for (let i = 0; i < count; i++) {
        const isLarge = i % 200 < 80;
        db.emit(ItemAdded, aggregateId, { name: isLarge ? `${i} ${padding}` : String(i) });
      }
    });
    await published(ctx.tenantId, count);
    // On a slow machine a round is sent once more.
    await eventually(() => new Set(seen).size === count);
    expect([...new Set(seen)]).toEqual(Array.from({ length: count }, (_, i) => i));
    await watcher.close();
  });

  it('sets a row that can never be published aside and goes on with the others', async () => {
    const ctx = caller();
    const poison = newId();
    const huge = JSON.stringify({ name: 'x'.repeat(70_000) });
    await service.database.query(
      `INSERT INTO probe.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata, retry_count)
       VALUES ($1, $2, 'probe.item.added', 'item', $3, $4, '{}', 7)`,
      [poison, ctx.tenantId, newId(), huge],
    );
    await service.client(itemsApi).add(ctx, { name: 'healthy' });
    await published(ctx.tenantId, 2);
    const operator = await DeadLetters.open(service.database.url('probe', 'relay'), service.connection);
    const letters = await operator.list();
    expect(letters.filter(({ tenantId }) => tenantId === ctx.tenantId)).toMatchObject([
      { consumer: 'probe__relay' },
    ]);
    await operator.close();
  });

  it('is read by the relay role across tenants, and by nobody else', async () => {
    await service.client(itemsApi).add(caller(), { name: 'mine' });
    const count = async (role: 'app' | 'relay') => {
      const pg = await import('pg');
      const client = new pg.default.Client({ connectionString: service.database.url('probe', role) });
      await client.connect();
      const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM domain_events');
      const items = await client.query('SELECT count(*) FROM items').then(
        () => 'allowed',
        (error: Error) => error.message,
      );
      await client.end();
      return { events: rows[0]?.n, items };
    };
    expect(await count('app')).toEqual({ events: 0, items: 'allowed' });
    const relay = await count('relay');
    expect(relay.events).toBeGreaterThan(0);
    expect(relay.items).toMatch(/permission denied/);
  });
});
