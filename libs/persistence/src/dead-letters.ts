import { eventHeaders, JetStreamPublisher, subjectFor, type NatsConnection } from '@leadwire/messaging';
import { headers } from '@nats-io/transport-node';
import pg from 'pg';
import type { OutboxRow } from './outbox.js';
import { REPLAY_RANGE } from './outbox.queries.js';

export type DeadLetterRow = {
  id: string;
  consumer: string;
  eventType: string | null;
  tenantId: string | null;
  reason: string;
  deliveries: number;
  createdAt: Date;
};

const LIST = `
  SELECT id, consumer, event_type AS "eventType", tenant_id AS "tenantId", reason, deliveries, created_at AS "createdAt"
  FROM dead_letters
  WHERE redriven_at IS NULL
  ORDER BY created_at
  LIMIT $1`;
const TAKE = `
  SELECT id, subject, payload, headers
  FROM dead_letters
  WHERE redriven_at IS NULL
    AND ($1::uuid IS NULL OR id = $1)
  ORDER BY created_at
  LIMIT 500`;
const MARK = `UPDATE dead_letters SET redriven_at = now() WHERE id = ANY ($1::uuid[])`;
const REPLAY_BATCH = 1_000;

export type ReplayRange = { since: Date; until: Date; type?: string; tenantId?: string; dryRun?: boolean };

/** The operator's doors to what went wrong: list, redrive, replay. Connects as the relay's role of one service. */
export class DeadLetters {
  private constructor(
    private readonly client: pg.Client,
    private readonly nats: NatsConnection,
  ) {}

  static async open(databaseUrl: string, nats: NatsConnection): Promise<DeadLetters> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    return new DeadLetters(client, nats);
  }

  async list(limit = 100): Promise<DeadLetterRow[]> {
    return (await this.client.query<DeadLetterRow>(LIST, [limit])).rows;
  }

  /**
   * Publishes dead letters again (one, or all open ones). Every consumer receives them; those that handled the event
   * before skip it by their inbox, so only the one that failed acts.
   */
  async redrive(id?: string): Promise<number> {
    const publisher = new JetStreamPublisher(this.nats);
    const { rows } = await this.client.query<{
      id: string;
      subject: string;
      payload: string;
      headers: Record<string, string>;
    }>(TAKE, [id ?? null]);
    const outcomes = await publisher.publish(
      rows.map((row) => {
        const out = headers();
        for (const [key, value] of Object.entries(row.headers)) out.set(key, value);
        // The event's own id would be dropped as a duplicate while the window is open.
        out.set('Nats-Msg-Id', `redrive:${row.id}`);
        return { subject: row.subject, headers: out, payload: row.payload };
      }),
    );
    const sent = rows.filter(
      (_, i) => outcomes[i]?.status === 'stored' || outcomes[i]?.status === 'duplicate',
    );
    await this.client.query(MARK, [sent.map((row) => row.id)]);
    await publisher.close();
    return sent.length;
  }

  /** Publishes processed events of a range again, e.g. after the broker lost its disk; consumers skip what they know. */
  async replay({ since, until, type, tenantId, dryRun }: ReplayRange): Promise<number> {
    const publisher = new JetStreamPublisher(this.nats);
    let count = 0;
    let after = '0';
    for (;;) {
      const params = [after, since, until, type ?? null, tenantId ?? null, REPLAY_BATCH];
      const { rows } = await this.client.query<OutboxRow>(REPLAY_RANGE, params);
      const last = rows.at(-1);
      if (!last) break;
      if (!dryRun) await this.publishAgain(publisher, rows);
      count += rows.length;
      after = last.seq;
    }
    await publisher.close();
    return count;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async publishAgain(publisher: JetStreamPublisher, rows: OutboxRow[]): Promise<void> {
    const run = Date.now();
    const outcomes = await publisher.publish(
      rows.map((row) => {
        const out = eventHeaders(row);
        out.set('Nats-Msg-Id', `replay:${run}:${row.id}`);
        return { subject: subjectFor(row), headers: out, payload: row.payload };
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status !== 'stored' && outcome.status !== 'duplicate');
    if (failed) throw new Error(`The broker did not take the replay: ${JSON.stringify(failed)}`);
  }
}
