import {
  MembershipChanged,
  MembershipCreated,
  MembershipRemoved,
  SessionEnded,
  SessionSwitched,
  TenantUpdated,
  type EventType,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { publishEvent } from './publish-event.js';
import { SseClient } from './sse-client.js';

type Ids = { tenantId: string; userId: string; sessionId: string };
type Fact = { aggregateId?: string; data: object };

/** What takes a right away is told, not asked for, so that it holds within this time where the machine has any. */
const HOLDS_WITHIN_MS = 1_000;
const TRIES_MAX = 3;
const newIds = (): Ids => ({ tenantId: newId(), userId: newId(), sessionId: newId() });
const tenantFact = (status: string) => ({ data: { name: 'Acme', status, planTier: 'trial' } });

/** Each fact that takes a right away, as identity announces it, and what the client hears on its event stream. */
const REVOCATIONS: [string, EventType, (ids: Ids) => Fact, { status: number; stream: string }][] = [
  [
    'the session ended',
    SessionEnded as EventType,
    ({ sessionId, userId }) => ({ aggregateId: sessionId, data: { userId, reason: 'log-out' } }),
    { status: 401, stream: 'session-ended' },
  ],
  [
    'the role changed',
    MembershipChanged as EventType,
    ({ userId }) => ({ data: { userId, role: 'viewer' } }),
    { status: 401, stream: 'role-changed' },
  ],
  [
    'the member was removed',
    MembershipRemoved as EventType,
    ({ userId }) => ({ data: { userId } }),
    { status: 401, stream: 'member-removed' },
  ],
  [
    'the tenant was suspended',
    TenantUpdated as EventType,
    () => tenantFact('suspended'),
    { status: 403, stream: 'tenant-suspended' },
  ],
  [
    'the tenant was closed',
    TenantUpdated as EventType,
    () => tenantFact('closed'),
    { status: 403, stream: 'tenant-closed' },
  ],
];

describe('a right that identity takes away', () => {
  let gateway: GatewayFixture;
  beforeAll(async () => {
    gateway = await GatewayFixture.start({ things: { list: () => ({ items: [], next: null }) } });
  });
  afterAll(() => gateway.stop());

  const statusOf = async (token: string, url = gateway.url) => {
    const response = await fetch(`${url}/v1/things`, { headers: { authorization: `Bearer ${token}` } });
    await response.body?.cancel();
    return response.status;
  };
  const tell = (type: EventType, { tenantId }: Ids, fact: Fact) =>
    publishEvent(gateway.connection, type, { tenantId, ...fact });
  const becomes = (token: string, status: number, url?: string) =>
    eventually(async () => (await statusOf(token, url)) === status);
  /** How long a fact takes from being told to holding, on requests and on an open stream. */
  const tookMs = async (type: EventType, fact: (ids: Ids) => Fact, status: number) => {
    const ids = newIds();
    const token = await gateway.token(ids);
    const client = await SseClient.open(`${gateway.url}/v1/events/stream`, token);
    const toldAt = performance.now();
    await tell(type, ids, fact(ids));
    await becomes(token, status);
    await eventually(() => client.ended);
    return performance.now() - toldAt;
  };

  it.each(REVOCATIONS)('holds when %s, also on open streams', async (_, type, fact, refused) => {
    const ids = newIds();
    const token = await gateway.token(ids);
    const bystander = await gateway.token();
    expect(await statusOf(token)).toBe(200);
    const [client, other] = await Promise.all(
      [token, bystander].map((own) => SseClient.open(`${gateway.url}/v1/events/stream`, own)),
    );
    await tell(type, ids, fact(ids));
    await becomes(token, refused.status);
    await eventually(() => client?.ended);
    expect(client?.signals).toEqual([{ event: 'reauth', data: { reason: refused.stream } }]);
    expect(await statusOf(bystander)).toBe(200);
    expect(other?.ended).toBe(false);
    await other?.close();
  });

  it.each(REVOCATIONS)('holds within a second when %s', async (_, type, fact, { status }) => {
    // The fastest of its kind: what others do on this machine only ever adds.
    let best = Infinity;
    for (let tries = 0; tries < TRIES_MAX && best >= HOLDS_WITHIN_MS; tries++)
      best = Math.min(best, await tookMs(type, fact, status));
    expect(best).toBeLessThan(HOLDS_WITHIN_MS);
  });

  it('says that the team is suspended, and lets it in again once it is not', async () => {
    const ids = newIds();
    const token = await gateway.token(ids);
    await tell(TenantUpdated as EventType, ids, tenantFact('suspended'));
    await becomes(token, 403);
    const response = await gateway.fetch('/v1/things', { token });
    expect(await problemIn(response)).toMatchObject({ code: 'tenant.suspended' });
    await tell(TenantUpdated as EventType, ids, tenantFact('active'));
    await becomes(token, 200);
  });

  it('is back with the token of the new role, at once', async () => {
    const ids = newIds();
    const token = await gateway.token({ ...ids, role: 'admin' });
    await tell(MembershipChanged as EventType, ids, { data: { userId: ids.userId, role: 'agent' } });
    await becomes(token, 401);
    expect(await statusOf(await gateway.token({ ...ids, role: 'agent' }))).toBe(200);
  });

  it('is back for a member who joins again', async () => {
    const ids = newIds();
    await tell(MembershipRemoved as EventType, ids, { data: { userId: ids.userId } });
    await becomes(await gateway.token(ids), 401);
    await tell(MembershipCreated as EventType, ids, { data: { userId: ids.userId, role: 'agent' } });
    await becomes(await gateway.token({ ...ids, sessionId: newId() }), 200);
  });

  it('is the old team’s only, when a session goes on in another', async () => {
    const old = newIds();
    const next = { ...old, tenantId: newId() };
    const before = await gateway.token({ ...old, issuedAt: Date.now() - 1_000 });
    await tell(SessionSwitched as EventType, next, {
      aggregateId: old.sessionId,
      data: { userId: old.userId, notBefore: new Date().toISOString() },
    });
    await becomes(before, 401);
    expect(await statusOf(await gateway.token(next))).toBe(200);
    expect(await statusOf(await gateway.token({ ...old, issuedAt: Date.now() + 5_000 }))).toBe(200);
  });

  it('is known to a gateway that starts later, before its first request', async () => {
    const ids = newIds();
    const token = await gateway.token(ids);
    await tell(SessionEnded as EventType, ids, {
      aggregateId: ids.sessionId,
      data: { userId: ids.userId, reason: 'log-out' },
    });
    const { url } = await gateway.addReplica();
    expect(await statusOf(token, url)).toBe(401);
    expect(await statusOf(await gateway.token(), url)).toBe(200);
  });

  it('is measured from what happened to its enforcement, and what was read to catch up is not', async () => {
    const ids = newIds();
    const { url } = await gateway.addReplica();
    const token = await gateway.token(ids);
    await publishEvent(gateway.connection, SessionEnded, {
      tenantId: ids.tenantId,
      aggregateId: ids.sessionId,
      data: { userId: ids.userId, reason: 'log-out' },
      occurredAt: new Date(Date.now() - 2_000),
    });
    await becomes(token, 401, url);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const figure = (name: string, label = '') =>
      Number(
        new RegExp(`${name}\\{${label}[^}]*event="identity.session.ended"[^}]*\\} (\\S+)`).exec(metrics)?.[1],
      );
    expect(figure('leadwire_revocation_seconds_count')).toBe(1);
    expect(figure('leadwire_revocation_seconds_sum')).toBeGreaterThanOrEqual(2);
    expect(figure('leadwire_revocation_seconds_sum')).toBeLessThan(1_000);
    expect(figure('leadwire_revocation_seconds_bucket', 'le="1",')).toBe(0);
  });
});

describe('a gateway that lost the broker', () => {
  let gateway: GatewayFixture;
  beforeAll(async () => {
    gateway = await GatewayFixture.start({ things: { list: () => ({ items: [], next: null }) } });
  });
  afterAll(() => gateway.stop());

  it('refuses what was revoked meanwhile as soon as it is back, and everything else goes on', async () => {
    const ids = newIds();
    const [token, other] = [await gateway.token(ids), await gateway.token()];
    const statusOf = async (own: string) => (await gateway.fetch('/v1/things', { token: own })).status;
    expect([await statusOf(token), await statusOf(other)]).toEqual([200, 200]);
    await gateway.nats.down('SIGKILL');
    // Without the broker nothing behind the gateway is reached, so a stale token opens nothing.
    expect(await statusOf(token)).toBe(503);
    await gateway.nats.up();
    await eventually(() =>
      publishEvent(gateway.connection, SessionEnded, {
        tenantId: ids.tenantId,
        aggregateId: ids.sessionId,
        data: { userId: ids.userId, reason: 'log-out' },
      }),
    );
    await eventually(async () => (await statusOf(token)) === 401);
    await eventually(async () => (await statusOf(other)) === 200);
  });
});
