import { newId } from '@leadwire/kernel';
import { connectNats, ensureStreams, eventHeaders, JetStreamPublisher } from '@leadwire/messaging';
import { migrateAll, OutboxRelay, roleUrl } from '@leadwire/persistence';
import pg from 'pg';
import { benchSchemas, Ticked } from './bench-service.ts';
import { startInfrastructure } from './infrastructure.ts';
import { median } from './machine.ts';

const EVENTS = 40_000;
const ROUNDS = 3;
const BATCH = 1_000;
const ROLE_SECRET = 'bench';

const FILL = `
  INSERT INTO producer.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
  SELECT gen_random_uuid(), $1, $2, 'clock', gen_random_uuid(), jsonb_build_object('n', i, 'pad', repeat('x', 200)), $3
  FROM generate_series(1, $4::int) AS i`;

const METADATA = {
  version: 0,
  actor: 'system' as const,
  userId: null,
  correlationId: newId(),
  causationId: null,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** The relay against raw pipelined publishing of messages of the same size, in alternation. */
export async function benchRelay(): Promise<{
  relayPerSecond: number;
  relayRatio: number;
  rawPerSecond: number;
}> {
  const { postgres, nats, stop } = await startInfrastructure();
  const { adminUrl } = postgres;
  const connection = await connectNats(nats.url, 'bench');
  try {
    await migrateAll({ adminUrl, roleSecret: ROLE_SECRET, services: benchSchemas });
    await ensureStreams(connection);
    const relayed: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      raw.push(await publishRaw(connection));
      relayed.push(await drainOutbox(adminUrl, connection));
    }
    const rawPerSecond = median(raw);
    const relayPerSecond = median(relayed);
    return { relayPerSecond, rawPerSecond, relayRatio: relayPerSecond / rawPerSecond };
  } finally {
    await connection.close();
    await stop();
  }
}

type Connection = Awaited<ReturnType<typeof connectNats>>;

async function publishRaw(connection: Connection): Promise<number> {
  const publisher = new JetStreamPublisher(connection);
  const tenantId = newId();
  const payload = JSON.stringify({ n: 1, pad: 'x'.repeat(200) });
  const started = performance.now();
  for (let sent = 0; sent < EVENTS; sent += BATCH) {
    const messages = Array.from({ length: BATCH }, () => {
      const id = newId();
      const row = {
        id,
        tenantId,
        type: Ticked.type,
        aggregateId: id,
        payload,
        occurredAt: '',
        metadata: METADATA,
      };
      return { subject: `evt.${Ticked.type}.${tenantId}`, headers: eventHeaders(row), payload };
    });
    const outcomes = await publisher.publish(messages);
    if (outcomes.some(({ status }) => status !== 'stored'))
      throw new Error('the broker refused the raw messages');
  }
  const seconds = (performance.now() - started) / 1000;
  await publisher.close();
  return EVENTS / seconds;
}

async function drainOutbox(adminUrl: string, connection: Connection): Promise<number> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(FILL, [newId(), Ticked.type, METADATA, EVENTS]);
  await admin.query('VACUUM ANALYZE producer.domain_events');
  let published = 0;
  let done: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  const relay = new OutboxRelay({
    service: 'producer',
    databaseUrl: roleUrl(adminUrl, ROLE_SECRET, 'producer', 'relay'),
    nats: connection,
    report: () => undefined,
    observe: (count) => {
      published += count;
      if (published >= EVENTS) done();
    },
  });
  const started = performance.now();
  relay.start();
  await finished;
  const seconds = (performance.now() - started) / 1000;
  await relay.stop();
  await admin.end();
  return EVENTS / seconds;
}
