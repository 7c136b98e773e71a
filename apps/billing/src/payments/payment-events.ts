import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { AppError, Clock } from '@leadwire/kernel';
import { translateDatabaseError } from '@leadwire/persistence';
import { Metrics, Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import {
  CLAIM_EVENTS,
  FORGET_EVENTS,
  KEEP_EVENT,
  PUT_OFF_EVENT,
  SETTLE_EVENT,
  type WaitingEvent,
} from './payment-events.queries.js';
import { PaymentMismatch } from './payment-mismatch.js';
import type { ProviderEvent } from './payment-provider.js';
import { PaymentSync } from './payment-sync.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const EVENTS_PER_ROUND = 20;
/** How long claimed events are left to who claimed them. */
const LEASE_MS = 120 * SECOND_MS;
/** Waits after a try that failed; the last one is repeated. */
const WAITS_MS = [5, 30, 120, 600, 3_600].map((seconds) => seconds * SECOND_MS);
/** The wallet takes nothing for now. That may last for weeks, so it counts as no try: the payment is added whenever it ends. */
const HELD_BY_WALLET: ReadonlySet<string> = new Set(['wallet.frozen', 'wallet.full']);
const HELD_WAIT_MS = HOUR_MS;
/** About three days of tries: as long as the provider itself sends an event again. */
const ATTEMPTS_MAX = 76;
const KEPT_MS = 45 * 24 * HOUR_MS;
const FORGET_EVERY_MS = HOUR_MS;
const ERROR_LENGTH_MAX = 1_000;

/**
 * What the payment provider told us, kept before it is acted upon: a webhook is answered at once, and what cannot be done now
 * (provider or database away, wallet frozen) is done later. Events are only hints that something changed.
 */
@Injectable()
export class PaymentEvents extends Rounds {
  protected readonly everyMs = SECOND_MS;
  protected readonly trouble = 'payment events could not be looked for';
  private readonly outcomes;
  private forgetAt = 0;

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(PaymentSync) private readonly sync: PaymentSync,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Metrics) metrics: Metrics,
  ) {
    super();
    this.outcomes = metrics.counter(
      'leadwire_payment_events_total',
      'Events of the payment provider, by where they came from or how handling them went.',
      ['outcome'],
    );
  }

  /**
   * Keeps an event to be handled soon; one that is known already is left alone.
   * @returns whether it is new
   */
  async keep(event: ProviderEvent, source: 'webhook' | 'reconciliation'): Promise<boolean> {
    const { id, type, subject, occurredAt } = event;
    const about = [subject?.kind ?? 'none', subject?.id ?? null];
    try {
      const made = await this.dataSource.query<{ id: string }[]>(KEEP_EVENT, [
        id,
        type,
        ...about,
        source,
        this.clock.now(),
        occurredAt,
      ]);
      if (made.length > 0) this.outcomes.inc({ outcome: source });
      this.wake();
      return made.length > 0;
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** Handles what is due; says whether there may be more. */
  async round(): Promise<boolean> {
    const now = this.clock.now();
    await this.forget(now);
    const lease = new Date(now.getTime() + LEASE_MS);
    const [due] = await this.dataSource.query<[WaitingEvent[], number]>(CLAIM_EVENTS, [
      now,
      lease,
      EVENTS_PER_ROUND,
    ]);
    for (const event of due) if (!this.stopped) await this.handle(event);
    return due.length === EVENTS_PER_ROUND;
  }

  private async handle(event: WaitingEvent): Promise<void> {
    const { id, subject, subjectId } = event;
    try {
      if (subject === 'payment' && subjectId !== null) await this.sync.payment(subjectId);
      if (subject === 'checkout' && subjectId !== null) await this.sync.checkout(subjectId);
    } catch (error) {
      return this.failed(event, error);
    }
    await this.dataSource.query(SETTLE_EVENT, [id, 'handled', null, this.clock.now()]);
    this.outcomes.inc({ outcome: 'handled' });
  }

  private async failed({ id, type, subjectId, attempts }: WaitingEvent, err: unknown): Promise<void> {
    const reason = (err instanceof Error ? err.message : String(err)).slice(0, ERROR_LENGTH_MAX);
    const held = err instanceof AppError && HELD_BY_WALLET.has(err.code);
    const tries = held ? attempts : attempts + 1;
    const seen = { event: id, type, about: subjectId, attempts: tries, err };
    if (err instanceof PaymentMismatch || tries >= ATTEMPTS_MAX) {
      await this.dataSource.query(SETTLE_EVENT, [id, 'given-up', reason, this.clock.now()]);
      this.outcomes.inc({ outcome: 'given-up' });
      this.logger.error(
        seen,
        'a payment event was given up: money may be at the provider that no wallet has',
      );
      return;
    }
    const wait = held ? HELD_WAIT_MS : (WAITS_MS[Math.min(attempts, WAITS_MS.length - 1)] as number);
    const next = new Date(this.clock.now().getTime() + wait);
    await this.dataSource.query(PUT_OFF_EVENT, [id, next, reason, !held]);
    this.outcomes.inc({ outcome: 'put-off' });
    this.logger.warn(seen, 'a payment event was put off');
  }

  private async forget(now: Date): Promise<void> {
    if (now.getTime() < this.forgetAt) return;
    this.forgetAt = now.getTime() + FORGET_EVERY_MS;
    await this.dataSource.query(FORGET_EVENTS, [new Date(now.getTime() - KEPT_MS)]);
  }
}
