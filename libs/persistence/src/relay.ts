import { EVENT_BYTES_MAX, newId } from '@leadwire/kernel';
import {
  eventHeaders,
  JetStreamPublisher,
  subjectFor,
  type NatsConnection,
  type PublishOutcome,
} from '@leadwire/messaging';
import pg from 'pg';
import { OutboxSignal, type OutboxRow } from './outbox.js';
import { COUNT_RETRY, MARK_PROCESSED, NEXT_PENDING, OUTBOX_DEPTH } from './outbox.queries.js';

/** Rows per round: large enough that the round trips do not matter. */
const BATCH = 1_000;
/** Payloads per round, about: what an import announces is large, and a thousand of its events at once would show in memory. */
const ROUND_BYTES = 2 * 1024 * 1024;
/** Rows of the first round: nobody knows yet how large they are. */
const FIRST_BATCH = 50;
const POLL_MS = 250;
const STANDBY_POLL_MS = 2_000;
const BACKOFF_MAX_MS = 30_000;
const ROW_TRIES_MAX = 8;
const ROW_RETRY_MS = 1_000;
const NUDGE_EVERY_MS = 5;

const TRY_LEAD = `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS leads`;
const GIVE_UP = `
  INSERT INTO dead_letters (id, consumer, event_id, event_type, tenant_id, subject, payload, headers, reason, deliveries)
  VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $9)`;

export type RelayOptions = {
  service: string;
  /** Connects as the relay's role, which sees the outbox of every tenant and nothing else. */
  databaseUrl: string;
  nats: NatsConnection;
  report: (event: 'leading' | 'standby' | 'unavailable' | 'refused', detail: string) => void;
  observe?: (published: number, seconds: number) => void;
};

/**
 * Publishes the outbox of one schema in order. Of all replicas one leads (an advisory lock on its connection); the others
 * stand by. A row is marked only after the broker has stored it, so a crash at any point means once more, never not at all.
 */
export class OutboxRelay extends OutboxSignal {
  private readonly publisher: JetStreamPublisher;
  private readonly waitingAggregates = new Map<string, number>();
  private client?: pg.Client;
  private wake?: () => void;
  private nudged = false;
  private stopping = false;
  private leading = false;
  private lastForward = 0;
  private batch = FIRST_BATCH;
  private loop?: Promise<void>;

  constructor(private readonly options: RelayOptions) {
    super();
    this.publisher = new JetStreamPublisher(options.nats);
    options.nats.subscribe(this.nudgeSubject, { callback: () => this.wakeUp() });
  }

  get service(): string {
    return this.options.service;
  }

  get nats(): NatsConnection {
    return this.options.nats;
  }

  start(): void {
    this.loop = this.run();
  }

  /** Finishes the round under way and gives the lead to another replica. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeUp();
    await this.loop;
    await this.client?.end().catch(() => undefined);
    await this.publisher.close();
  }

  // The row was committed here, but another replica may lead: tell it, at most every few milliseconds.
  nudge(): void {
    if (this.leading) return this.wakeUp();
    const now = performance.now();
    if (now - this.lastForward < NUDGE_EVERY_MS) return;
    this.lastForward = now;
    this.options.nats.publish(this.nudgeSubject);
  }

  /** Events that wait to be published and the age of the oldest; reads the table, so ask seldom. */
  async depth(): Promise<{ pending: number; oldestSeconds: number } | undefined> {
    if (!this.leading || !this.client) return undefined;
    const { rows } = await this.client.query<{ pending: number; oldestSeconds: number }>(OUTBOX_DEPTH);
    return rows[0];
  }

  private get nudgeSubject(): string {
    return `relay.${this.options.service}.nudge`;
  }

  private wakeUp(): void {
    this.nudged = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      try {
        if (!(await this.lead())) {
          await this.pause(STANDBY_POLL_MS);
          continue;
        }
        const isFull = await this.round();
        failures = 0;
        if (!isFull) await this.pause(POLL_MS);
      } catch (error) {
        // The broker or the database is away: that is no row's fault, so nothing is counted against the rows.
        this.options.report('unavailable', error instanceof Error ? error.message : String(error));
        await this.pause(
          Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(failures++, 10)) * (0.5 + Math.random() / 2),
          true,
        );
      }
    }
  }

  private async lead(): Promise<boolean> {
    if (this.leading && this.client) return true;
    if (!this.client) {
      const client = new pg.Client({
        connectionString: this.options.databaseUrl,
        application_name: 'leadwire-relay',
        // A mark that a power cut loses is an event published once more, which the inboxes skip: not worth a disk flush.
        options: '-c synchronous_commit=off',
      });
      client.on('error', () => this.dropClient(client));
      client.on('end', () => this.dropClient(client));
      await client.connect();
      this.client = client;
    }
    const { rows } = await this.client.query<{ leads: boolean }>(TRY_LEAD, [`relay:${this.options.service}`]);
    this.leading = rows[0]?.leads ?? false;
    this.options.report(this.leading ? 'leading' : 'standby', this.options.service);
    return this.leading;
  }

  private dropClient(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.leading = false;
  }

  // Answers whether there were as many rows as a round takes, so that more may wait.
  private async round(): Promise<boolean> {
    const client = this.client;
    if (!client) throw new Error('the relay lost its database connection');
    const started = performance.now();
    const now = Date.now();
    for (const [id, until] of this.waitingAggregates) if (until <= now) this.waitingAggregates.delete(id);
    const { rows } = await client.query<OutboxRow>(NEXT_PENDING, [
      this.batch,
      [...this.waitingAggregates.keys()],
    ]);
    if (rows.length === 0) return false;
    const isFull = rows.length === this.batch;
    this.batch = batchFor(rows);

    const { sendable, refused } = this.screen(rows);
    const outcomes = await this.publisher.publish(
      sendable.map((row) => ({ subject: subjectFor(row), headers: eventHeaders(row), payload: row.payload })),
    );
    const stored = sendable.filter((_, i) => isStored(outcomes[i]));
    if (stored.length > 0) await client.query(MARK_PROCESSED, [stored.map(({ id }) => id)]);
    this.options.observe?.(stored.length, (performance.now() - started) / 1000);

    sendable.forEach((row, i) => {
      const outcome = outcomes[i];
      if (outcome?.status === 'refused') refused.push({ row, reason: outcome.reason });
    });
    for (const { row, reason } of refused) await this.refuse(client, row, reason);
    const away = outcomes.find((outcome) => outcome.status === 'unavailable');
    if (away?.status === 'unavailable') throw new Error(`the broker does not take events: ${away.reason}`);
    return isFull;
  }

  // What the broker would refuse is kept back here, together with all that follows it in the same aggregate.
  private screen(rows: OutboxRow[]): {
    sendable: OutboxRow[];
    refused: { row: OutboxRow; reason: string }[];
  } {
    const sendable: OutboxRow[] = [];
    const refused: { row: OutboxRow; reason: string }[] = [];
    const held = new Set<string>();
    for (const row of rows) {
      if (held.has(row.aggregateId)) continue;
      if (Buffer.byteLength(row.payload) <= EVENT_BYTES_MAX) sendable.push(row);
      else {
        held.add(row.aggregateId);
        refused.push({ row, reason: `the payload exceeds ${EVENT_BYTES_MAX} bytes` });
      }
    }
    return { sendable, refused };
  }

  private async refuse(client: pg.Client, row: OutboxRow, reason: string): Promise<void> {
    this.options.report('refused', `${row.type} ${row.id}: ${reason}`);
    if (row.retryCount + 1 < ROW_TRIES_MAX) {
      await client.query(COUNT_RETRY, [[row.id]]);
      this.waitingAggregates.set(row.aggregateId, Date.now() + ROW_RETRY_MS * 2 ** row.retryCount);
      return;
    }
    const letter = [
      newId(),
      `${this.options.service}__relay`,
      row.id,
      row.type,
      row.tenantId,
      subjectFor(row),
      row.payload,
    ];
    await client.query('BEGIN');
    await client.query(GIVE_UP, [...letter, reason, row.retryCount + 1]);
    await client.query(MARK_PROCESSED, [[row.id]]);
    await client.query('COMMIT');
  }

  private async pause(ms: number, deaf = false): Promise<void> {
    if (this.stopping) return;
    if (!this.nudged || deaf) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          if (deaf && !this.stopping) return;
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    this.nudged = false;
  }
}

// As many rows as the next round may take if they are as large as these.
function batchFor(rows: OutboxRow[]): number {
  const bytes = rows.reduce((sum, { payload }) => sum + payload.length, 0);
  return Math.min(BATCH, Math.max(1, Math.floor((ROUND_BYTES * rows.length) / bytes)));
}

function isStored(outcome: PublishOutcome | undefined): boolean {
  return outcome?.status === 'stored' || outcome?.status === 'duplicate';
}
