import pg from 'pg';

const SWEEP_EVERY_MS = 60_000;
const SWEEP_ROWS = 2_000;
const SWEEPS_PER_ROUND_MAX = 50;

/** How long each kind of row is kept. Processed events stay long enough to be replayed after a broker lost its disk. */
export type RetentionDays = { events: number; inbox: number; idempotencyKeys: number };
export const RETENTION_DAYS: RetentionDays = { events: 7, inbox: 14, idempotencyKeys: 1 };

/** Deletes what has served its time, in small batches, with the relay's role. Any replica may run it; all may at once. */
export class Retention {
  private timer?: NodeJS.Timeout;
  private sweeping = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly report: (error: unknown) => void,
    private readonly days: RetentionDays = RETENTION_DAYS,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.round(), SWEEP_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One at a time: a database that is slow today gets no second one on top. */
  private async round(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    await this.sweep().catch(this.report);
    this.sweeping = false;
  }

  /** One sweep over all tables; returns how many rows went. */
  async sweep(): Promise<number> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: 'leadwire-retention',
    });
    await client.connect();
    try {
      return (
        (await clear(client, SENT_EVENTS, this.days.events)) +
        (await clear(client, olderThan('inbox', 'consumer, event_id', 'received_at'), this.days.inbox)) +
        (await clear(
          client,
          olderThan('idempotency_keys', 'tenant_id, key', 'created_at'),
          this.days.idempotencyKeys,
        ))
      );
    } finally {
      await client.end();
    }
  }
}

/** Events leave in the order of their numbers, so only the oldest are looked at, by the index on them: most of a week's are too young. */
const SENT_EVENTS = `
  DELETE FROM domain_events
  WHERE id IN (
    SELECT id
    FROM (SELECT id, processed, processed_at FROM domain_events ORDER BY seq LIMIT ${SWEEP_ROWS}) oldest
    WHERE processed AND processed_at < now() - make_interval(days => $1))`;

const olderThan = (table: string, key: string, age: string): string => `
  DELETE FROM ${table}
  WHERE (${key}) IN (
    SELECT ${key} FROM ${table} WHERE ${age} < now() - make_interval(days => $1) LIMIT ${SWEEP_ROWS})`;

async function clear(client: pg.Client, sql: string, days: number): Promise<number> {
  let removed = 0;
  for (let i = 0; i < SWEEPS_PER_ROUND_MAX; i++) {
    const { rowCount } = await client.query(sql, [days]);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < SWEEP_ROWS) break;
  }
  return removed;
}
