import type { EventEnvelope } from '@leadwire/contracts';
import { isUuid, newId, systemCtx } from '@leadwire/kernel';
import { EventInbox, type DeadLetter } from '@leadwire/messaging';
import type { DataSource } from 'typeorm';
import type { TenantDb } from './tenant-db.js';
import type { TenantTransaction } from './tenant-transaction.js';

// Late facts of a tenant that was erased would bring rows of it back: they are passed over.
const NOTE_NEW = `
  INSERT INTO inbox (consumer, event_id)
  SELECT $1, unnest($2::uuid[])
  WHERE NOT EXISTS (SELECT FROM tenant_erasures WHERE tenant_id = $3)
  ON CONFLICT DO NOTHING
  RETURNING event_id AS id`;

const BURY = `
  INSERT INTO dead_letters (id, consumer, event_id, event_type, tenant_id, subject, payload, headers, reason, deliveries)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/** The inbox in the service's own schema: handled events and their effects commit in one transaction. */
export class PostgresInbox extends EventInbox<TenantDb> {
  constructor(
    private readonly transactions: TenantTransaction,
    private readonly dataSource: DataSource,
  ) {
    super();
  }

  async handle(
    consumer: string,
    events: EventEnvelope<object>[],
    work: (fresh: EventEnvelope<object>[], db: TenantDb) => Promise<void>,
  ): Promise<void> {
    const [first] = events as [EventEnvelope<object>];
    const ctx = systemCtx(first.tenantId, { requestId: first.correlationId, traceparent: first.traceparent });
    await this.transactions.run(
      ctx,
      async (db) => {
        const noted = await db.query<{ id: string }>(NOTE_NEW, [
          consumer,
          events.map(({ id }) => id),
          first.tenantId,
        ]);
        const fresh = new Set(noted.map(({ id }) => id));
        if (fresh.size > 0)
          await work(
            events.filter(({ id }) => fresh.has(id)),
            db,
          );
      },
      { causationId: first.id },
    );
  }

  async bury(letter: DeadLetter): Promise<void> {
    await this.dataSource.query(BURY, [
      newId(),
      letter.consumer,
      isUuid(letter.eventId) ? letter.eventId : null,
      letter.eventType,
      isUuid(letter.tenantId) ? letter.tenantId : null,
      letter.subject,
      letter.payload.replaceAll('\0', ''),
      JSON.stringify(letter.headers),
      letter.reason,
      letter.deliveries,
    ]);
  }
}
