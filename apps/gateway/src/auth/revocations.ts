import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  ACCESS_TOKEN,
  MembershipChanged,
  MembershipCreated,
  MembershipRemoved,
  SessionEnded,
  SessionSwitched,
  tenantErrors,
  TenantUpdated,
  type EventEnvelope,
  type MembershipChangedData,
  type MembershipCreatedData,
  type MembershipRemovedData,
  type SessionSwitchedData,
  type TenantUpdatedData,
} from '@leadwire/contracts';
import { assertUnreachable, Clock, requestErrors, type AppError } from '@leadwire/kernel';
import { envelopeOf, NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { LOGGER, Metrics, type Logger } from '@leadwire/platform';
import type { JsMsg } from '@nats-io/jetstream';
import type { Histogram } from 'prom-client';
import { EventFollower } from '../events/event-follower.js';
import { newestOf } from '../events/stream-places.js';
import { RevocationList, type Judged, type Refusal } from './revocation-list.js';
import type { Session } from './session.js';

const KEPT_MS = (ACCESS_TOKEN.ttlSeconds + 60) * 1000;
const FACTS_MAX = 200_000;
/** nats-server 2.9 takes one filter per reader; identity's events are few. */
const IDENTITY_EVENTS = 'evt.identity.>';
const CATCH_UP_MS = 10_000;

type Envelope = Omit<EventEnvelope<unknown>, 'data'>;
type Learn = (list: RevocationList, event: Envelope, data: never, now: number) => void;

/** What each event takes away or gives back. */
const LESSONS = new Map<string, Learn>([
  [SessionEnded.type, (list, { aggregateId }, _, now) => list.endSession(aggregateId, now)],
  [
    SessionSwitched.type,
    (list, { aggregateId, tenantId }, { notBefore }: SessionSwitchedData, now) =>
      list.switchSession(aggregateId, tenantId, Date.parse(notBefore), now),
  ],
  [
    MembershipCreated.type,
    (list, { tenantId }, { userId }: MembershipCreatedData) => list.addMember(tenantId, userId),
  ],
  [
    MembershipChanged.type,
    (list, { tenantId, occurredAt }, { userId, role }: MembershipChangedData, now) =>
      list.changeRole(tenantId, userId, role as Session['role'], Date.parse(occurredAt), now),
  ],
  [
    MembershipRemoved.type,
    (list, { tenantId }, { userId }: MembershipRemovedData, now) => list.removeMember(tenantId, userId, now),
  ],
  [
    TenantUpdated.type,
    (list, { tenantId }, { status }: TenantUpdatedData) => list.setTenantStatus(tenantId, status),
  ],
]);

/**
 * Makes revocations hold within a second although credentials are not looked up: follows identity's events and refuses what
 * they took away. Starts with the events of one token lifetime and serves nobody before it has read them, so that a new
 * replica knows them too; while the broker is away it misses nothing but time, and no request gets past the gateway either.
 */
@Injectable()
export class Revocations implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly list = new RevocationList(KEPT_MS, FACTS_MAX);
  private readonly listeners = new Set<() => void>();
  private readonly witnesses = new Set<(event: Envelope) => void>();
  private readonly follower: EventFollower;
  private readonly since: Date;
  private readonly seconds: Histogram<'event'>;
  private isCaughtUp = false;

  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.since = new Date(clock.now().getTime() - KEPT_MS);
    this.seconds = metrics.histogram(
      'leadwire_revocation_seconds',
      'From what was revoked in identity to the moment it is refused here.',
      ['event'],
    );
    this.follower = new EventFollower(nats, logger, {
      filter: IDENTITY_EVENTS,
      from: { time: this.since },
      take: (msg) => this.take(msg),
    });
  }

  /** @throws Error when the events of the last minutes cannot be read: a gateway that does not know them must not serve */
  async onApplicationBootstrap(): Promise<void> {
    const newest = await newestOf(this.nats, IDENTITY_EVENTS);
    await this.follower.start();
    if (newest && newest.time >= this.since) await this.follower.passed(newest.seq, CATCH_UP_MS);
    this.isCaughtUp = true;
  }

  onModuleDestroy(): Promise<void> {
    return this.follower.stop();
  }

  /** Why this credential counts no more; undefined while it does. */
  refusalOf(session: Judged): Refusal | undefined {
    return this.list.refusalOf(session);
  }

  /** @throws AppError `request.unauthenticated` | `tenant.suspended` | `tenant.closed` */
  check(session: Judged): void {
    const refusal = this.refusalOf(session);
    if (refusal) throw errorOf(refusal);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls `witness` with each fact of identity, until the returned function is called. */
  onFact(witness: (event: Envelope) => void): () => void {
    this.witnesses.add(witness);
    return () => this.witnesses.delete(witness);
  }

  private take(msg: JsMsg): void {
    const event = envelopeOf(msg.headers);
    if (event) for (const witness of this.witnesses) witness(event);
    const learn = event && LESSONS.get(event.type);
    if (!learn) return;
    const now = this.clock.now().getTime();
    try {
      learn(this.list, event, msg.json() as never, now);
    } catch (err) {
      this.logger.error({ err, eventId: event.id }, 'a revocation could not be read');
      return;
    }
    for (const listener of this.listeners) listener();
    // What was read to catch up was refused elsewhere all along.
    if (this.isCaughtUp)
      this.seconds.observe({ event: event.type }, Math.max(0, now - Date.parse(event.occurredAt)) / 1000);
  }
}

function errorOf(refusal: Refusal): AppError {
  switch (refusal) {
    case 'tenant-suspended':
      return tenantErrors.suspended();
    case 'tenant-closed':
      return tenantErrors.closed();
    case 'session-ended':
    case 'team-switched':
    case 'role-changed':
    case 'member-removed':
      return requestErrors.unauthenticated({ internal: refusal });
    default:
      return assertUnreachable(refusal);
  }
}
