import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ACCESS_TOKEN, SessionEnded, subjectOf } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { envelopeOf, NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { LOGGER, type Logger } from '@leadwire/platform';
import { EventFollower } from '../events/event-follower.js';

const KEPT_MS = (ACCESS_TOKEN.ttlSeconds + 60) * 1000;
const KEPT_MAX = 200_000;

/**
 * Sessions that ended while their access tokens still run, learnt from identity's events: a log-out holds within a second
 * although tokens are not looked up. Starts with the events of one token lifetime, so a new replica knows them too.
 */
@Injectable()
export class EndedSessions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly forgetAt = new Map<string, number>();
  private readonly listeners = new Set<(sessionId: string) => void>();
  private readonly follower: EventFollower;

  constructor(
    @Inject(NATS_CONNECTION) nats: NatsConnection,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.follower = new EventFollower(nats, logger, {
      filter: subjectOf(SessionEnded.type, '*'),
      from: { time: new Date(clock.now().getTime() - KEPT_MS) },
      take: ({ headers }) => {
        const sessionId = envelopeOf(headers)?.aggregateId;
        if (sessionId) this.end(sessionId);
      },
    });
  }

  onApplicationBootstrap(): Promise<void> {
    return this.follower.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.follower.stop();
  }

  has(sessionId: string): boolean {
    return this.forgetAt.has(sessionId);
  }

  /** Calls `listener` with each session that ends from now on, until the returned function is called. */
  onEnd(listener: (sessionId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private end(sessionId: string): void {
    const now = this.clock.now().getTime();
    this.forgetAt.delete(sessionId);
    this.forgetAt.set(sessionId, now + KEPT_MS);
    for (const [oldest, moment] of this.forgetAt) {
      if (moment > now && this.forgetAt.size <= KEPT_MAX) break;
      this.forgetAt.delete(oldest);
    }
    for (const listener of this.listeners) listener(sessionId);
  }
}
