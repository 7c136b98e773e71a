import { createHmac } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ACCESS_TOKEN } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { CONFIG, LOGGER, Metrics, type Logger, type ProcessConfig } from '@leadwire/platform';
import { TokenSigner } from '@leadwire/security';
import type { JsMsg } from '@nats-io/jetstream';
import type { Gauge } from 'prom-client';
import { ApiKeyVerifier } from '../auth/api-key-verifier.js';
import { Revocations } from '../auth/revocations.js';
import { SessionRights } from '../auth/session-rights.js';
import type { Session } from '../auth/session.js';
import { EventFollower } from './event-follower.js';
import { frameOf, purposeOf, type EventFrame } from './event-frame.js';
import { sees } from './event-sight.js';
import { newestOf, streamEnds } from './stream-places.js';
import { SseConnection } from './sse-connection.js';

const CONNECTIONS_PER_TENANT_MAX = 50;
const CONNECTIONS_MAX = 2_000;
const HEARTBEAT_MS = 15_000;
/** An API key may live for a year; its streams are asked for again as often as those of an access token. */
const OPEN_MAX_MS = ACCESS_TOKEN.ttlSeconds * 1000;
/** What following needs, at the start and until its end. */
const RIGHT = 'events.stream';

/** Which connection is opened for whom. */
export type Listener = { session: Session; lastEventId: string | undefined };

/**
 * Tells each tenant's clients what happens, as it happens. One reader of the stream serves all connections; a client that
 * comes back reads what it missed with a reader of its own and then joins the others.
 */
@Injectable()
export class EventStream implements BeforeApplicationShutdown {
  private readonly byTenant = new Map<string, Set<SseConnection>>();
  private readonly signer: TokenSigner;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly stopListening: (() => void)[];
  private readonly connections: Gauge;
  private follower: Promise<EventFollower> | undefined;
  private count = 0;
  private closing = false;

  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) { CTX_SIGNING_KEY }: Pick<ProcessConfig, 'CTX_SIGNING_KEY'>,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(ApiKeyVerifier) apiKeys: ApiKeyVerifier,
    @Inject(SessionRights) private readonly rights: SessionRights,
    @Inject(Metrics) metrics: Metrics,
  ) {
    // Replicas share their signing key, so a client may resume at any of them; derived, because one key has one use.
    this.signer = new TokenSigner(createHmac('sha256', CTX_SIGNING_KEY).update('event-stream').digest());
    this.heartbeat = setInterval(() => this.each((connection) => connection.beat()), HEARTBEAT_MS).unref();
    this.stopListening = [
      revocations.onChange(() => this.each((connection) => this.endRevoked(connection))),
      apiKeys.onChange((apiKeyId) => this.endOf(apiKeyId)),
      rights.onChange((tenantId) => this.endForbidden(tenantId)),
    ];
    this.connections = metrics.gauge('leadwire_event_stream_connections', 'Open event streams.', []);
  }

  /**
   * Opens a stream for one client, from its `Last-Event-ID` on or from now.
   * @throws AppError `request.rate_limited` with too many streams, `request.invalid` for an event id that is not ours,
   *   `request.unavailable` while shutting down or without the broker
   */
  async open({ session, lastEventId }: Listener): Promise<SseConnection> {
    if (this.closing) throw requestErrors.unavailable({ retryAfterSeconds: 1 });
    const resumeAfter = lastEventId === undefined ? undefined : this.placeOf(session.tenantId, lastEventId);
    this.refuseTooMany(session.tenantId);
    const connection = new SseConnection(session);
    // Registered before anything is asked of the broker: what happens meanwhile is held back, not missed.
    this.register(connection);
    // Revoked between the guard's look and the registration: nobody else would tell it.
    this.endRevoked(connection);
    try {
      await this.followPresent();
      const { first, last } = await streamEnds(this.nats);
      connection.startAfter(resumeAfter ?? last);
      if (resumeAfter === undefined) connection.caughtUp();
      else void this.catchUp(connection, resumeAfter, first);
      return connection;
    } catch (cause) {
      connection.stream.destroy();
      throw requestErrors.unavailable({
        internal: 'the event stream cannot be read',
        cause,
        retryAfterSeconds: 1,
      });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearInterval(this.heartbeat);
    for (const stop of this.stopListening) stop();
    this.each((connection) => connection.end('reconnect', 'restart'));
    await (await this.follower?.catch(() => undefined))?.stop();
  }

  private refuseTooMany(tenantId: string): void {
    const ofTenant = this.byTenant.get(tenantId)?.size ?? 0;
    if (ofTenant >= CONNECTIONS_PER_TENANT_MAX || this.count >= CONNECTIONS_MAX) {
      throw requestErrors.rate_limited({ internal: 'too many event streams', retryAfterSeconds: 5 });
    }
  }

  private endRevoked(connection: SseConnection): void {
    const refusal = this.revocations.refusalOf(connection.session);
    if (refusal) connection.end('reauth', refusal);
  }

  private endOf(apiKeyId: string): void {
    this.each((connection) => {
      if (connection.session.apiKeyId === apiKeyId) connection.end('reauth', 'api-key-changed');
    });
  }

  private endForbidden(tenantId: string | null): void {
    this.each((connection) => {
      if (tenantId !== null && connection.tenantId !== tenantId) return;
      // Whose rights are not at hand is let through or not when they come back.
      if (this.rights.atHand(connection.session)?.has(RIGHT) === false) connection.end('reauth', 'forbidden');
    });
  }

  /** Sends an event to who may see it; who is not known to may come back and ask again from where they are. */
  private tell(connection: SseConnection, frame: EventFrame, send: () => void): void {
    const rights = this.rights.atHand(connection.session);
    if (!rights) connection.end('reconnect', 'rights');
    else if (sees(connection.session, rights, frame)) send();
  }

  private register(connection: SseConnection): void {
    const { tenantId, session } = connection;
    const siblings = this.byTenant.get(tenantId) ?? new Set();
    this.byTenant.set(tenantId, siblings.add(connection));
    this.connections.set(++this.count);
    const expiry = setTimeout(
      () => connection.end('reauth', 'token-expired'),
      Math.min(OPEN_MAX_MS, Math.max(0, session.expiresAt - Date.now())),
    );
    connection.stream.once('close', () => {
      clearTimeout(expiry);
      siblings.delete(connection);
      if (siblings.size === 0) this.byTenant.delete(tenantId);
      this.connections.set(--this.count);
    });
  }

  // Started with the first client: a gateway that nobody listens to reads nothing.
  private followPresent(): Promise<EventFollower> {
    this.follower ??= (async () => {
      const follower = new EventFollower(this.nats, this.logger, {
        filter: 'evt.>',
        from: 'now',
        take: (msg) => this.deliver(msg),
      });
      await follower.start();
      return follower;
    })();
    this.follower.catch(() => (this.follower = undefined));
    return this.follower;
  }

  private deliver(msg: JsMsg): void {
    const listeners = this.byTenant.get(tenantOf(msg));
    if (!listeners) return;
    const frame = frameOf(msg, this.signer);
    if (!frame) return;
    for (const connection of [...listeners]) this.tell(connection, frame, () => connection.live(frame));
  }

  private async catchUp(connection: SseConnection, after: number, firstKept: number): Promise<void> {
    try {
      if (after + 1 < firstKept) connection.say('gap', 'older events are no longer kept');
      await this.replay(connection, after);
      connection.caughtUp();
    } catch (err) {
      this.logger.debug({ err }, 'an event stream could not be resumed');
      connection.stream.destroy();
    }
  }

  private async replay(connection: SseConnection, after: number): Promise<void> {
    const filter = `evt.*.*.*.${connection.tenantId}`;
    const until = (await newestOf(this.nats, filter))?.seq ?? 0;
    if (until <= after) return;
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const follower = new EventFollower(this.nats, this.logger, {
      filter,
      from: { after },
      take: (msg) => {
        const frame = frameOf(msg, this.signer);
        if (frame) this.tell(connection, frame, () => connection.send(frame));
        if (msg.seq >= until) finish();
      },
    });
    connection.stream.once('close', finish);
    await follower.start();
    await done;
    await follower.stop();
  }

  private placeOf(tenantId: string, lastEventId: string): number {
    const place = this.signer.open(purposeOf(tenantId), lastEventId);
    if (typeof place === 'number') return place;
    const detail = 'Last-Event-ID is not the id of an event of this stream';
    throw requestErrors.invalid({ errors: [{ pointer: '', code: 'last_event_id', detail }] });
  }

  private each(work: (connection: SseConnection) => void): void {
    for (const connections of [...this.byTenant.values()])
      for (const connection of [...connections]) work(connection);
  }
}

function tenantOf({ subject }: JsMsg): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
