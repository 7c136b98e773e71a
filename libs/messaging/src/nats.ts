import { connect, type NatsConnection } from '@nats-io/transport-node';

/** The connection of this process; inject it with this token. One per process, shared by everything. */
export const NATS_CONNECTION = Symbol('leadwire:nats');
export type { NatsConnection };

const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;
const PING_INTERVAL_MS = 20_000;

/**
 * Connects and keeps reconnecting for ever: a broker that restarts is no reason for a service to die.
 * @param name shown by the broker in its connection list.
 */
export function connectNats(url: string, name: string): Promise<NatsConnection> {
  return connect({
    servers: url.split(','),
    name,
    inboxPrefix: `_INBOX.${name}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    waitOnFirstConnect: true,
    ignoreAuthErrorAbort: true,
  });
}
