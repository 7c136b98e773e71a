import { FundsAvailable, LeadNoteAdded, SessionEnded } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually, TestRights } from '@leadwire/testing';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { publishEvent } from './publish-event.js';
import { SseClient } from './sse-client.js';

describe('the event stream', () => {
  let gateway: GatewayFixture;
  const clients: SseClient[] = [];

  beforeAll(async () => {
    gateway = await GatewayFixture.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  afterAll(() => gateway.stop());

  const open = async (token: string, lastEventId?: string) => {
    const client = await SseClient.open(`${gateway.url}/v1/events/stream`, token, lastEventId);
    clients.push(client);
    return client;
  };
  const happen = (tenantId: string, noteId = newId()) =>
    publishEvent(gateway.connection, LeadNoteAdded, { tenantId, data: { noteId } });

  it('tells a client what happens in its tenant, as CloudEvents, and nothing of others', async () => {
    const tenantId = newId();
    const client = await open(await gateway.token({ tenantId }));
    const stranger = await open(await gateway.token());
    const noteId = newId();
    const id = await happen(tenantId, noteId);
    const [event] = await client.received(1);
    expect(event?.event).toBe('leads.lead.note-added');
    expect(event?.data).toMatchObject({
      specversion: '1.0',
      id,
      type: 'leads.lead.note-added',
      source: '/leadwire/leads',
      data: { noteId },
    });
    await happen(newId());
    const last = await happen(tenantId);
    const events = await client.received(2);
    expect(events.map(({ data }) => data['id'])).toEqual([id, last]);
    expect(stranger.events).toEqual([]);
  });

  describe('tells each only what is theirs to read', () => {
    const typesOf = (client: SseClient) => client.events.map(({ event }) => event);
    const team = async () => {
      const [tenantId, agent, owner] = [newId(), newId(), newId()];
      return {
        tenantId,
        agent,
        owner: await gateway.token({ tenantId, userId: owner, role: 'owner' }),
        ofAgent: await gateway.token({ tenantId, userId: agent, role: 'agent' }),
      };
    };
    const fund = (tenantId: string) =>
      publishEvent(gateway.connection, FundsAvailable, {
        tenantId,
        data: { walletId: newId(), balance: '5.000000', currency: 'USD' },
      });
    const endSessionOf = (tenantId: string, userId: string) =>
      publishEvent(gateway.connection, SessionEnded, { tenantId, data: { userId, reason: 'log-out' } });

    it('as it happens and when it is told again', async () => {
      const { tenantId, owner, ofAgent } = await team();
      const [all, some] = [await open(owner), await open(ofAgent)];
      await happen(tenantId);
      const [seen] = await some.received(1);
      await fund(tenantId);
      await happen(tenantId);
      await all.received(3);
      await some.received(2);
      const again = await open(ofAgent, seen?.id);
      await again.received(1);
      await happen(tenantId);
      await again.received(2);
      const note = LeadNoteAdded.type;
      expect([typesOf(all).slice(0, 3), typesOf(some).slice(0, 3), typesOf(again)]).toEqual([
        [note, FundsAvailable.type, note],
        [note, note, note],
        [note, note],
      ]);
    });

    it('from the moment on in which a right is taken', async () => {
      const { tenantId, agent, ofAgent } = await team();
      const client = await open(ofAgent);
      await happen(tenantId);
      await client.received(1);
      await new TestRights(gateway.connection).change(tenantId, {
        rights: { [agent]: { 'leads.read': false } },
      });
      await eventually(async () => (await gateway.fetch('/v1/things', { token: ofAgent })).status === 403);
      await happen(tenantId);
      await endSessionOf(tenantId, agent);
      await client.received(2);
      expect(typesOf(client)).toEqual([LeadNoteAdded.type, SessionEnded.type]);
    });

    it('and of sessions only whose they are', async () => {
      const { tenantId, agent, owner, ofAgent } = await team();
      const [other, own] = [await open(owner), await open(ofAgent)];
      await endSessionOf(tenantId, agent);
      await own.received(1);
      await happen(tenantId);
      await other.received(1);
      expect([typesOf(own)[0], typesOf(other)[0]]).toEqual([SessionEnded.type, LeadNoteAdded.type]);
    });
  });

  it('goes on after the last event that a client saw, in order, without gaps or repeats, while more happens', async () => {
    const tenantId = newId();
    const token = await gateway.token({ tenantId });
    const client = await open(token);
    const first = await happen(tenantId);
    const [seen] = await client.received(1);
    await client.close();
    const missed: string[] = [];
    for (let i = 0; i < 30; i++) missed.push(await happen(tenantId));
    const [again] = await Promise.all([
      open(token, seen?.id),
      (async () => {
        for (let i = 0; i < 30; i++) missed.push(await happen(tenantId));
      })(),
    ]);
    const events = await again.received(60);
    expect(events.map(({ data }) => data['id'])).toEqual(missed);
    expect(missed).not.toContain(first);
  });

  it('has nothing to repeat for a client that saw everything, and goes on', async () => {
    const tenantId = newId();
    const token = await gateway.token({ tenantId });
    const client = await open(token);
    await happen(tenantId);
    const [seen] = await client.received(1);
    await happen(newId());
    const again = await open(token, seen?.id);
    const next = await happen(tenantId);
    expect((await again.received(1)).map(({ data }) => data['id'])).toEqual([next]);
  });

  it('refuses an event id of another tenant, a made-up one, and a caller without the right', async () => {
    const tenantId = newId();
    const client = await open(await gateway.token({ tenantId }));
    await happen(tenantId);
    const [seen] = await client.received(1);
    const ask = async (token: string, lastEventId: string) =>
      problemIn(
        await gateway.fetch('/v1/events/stream', { token, headers: { 'last-event-id': lastEventId } }),
      );
    expect(await ask(await gateway.token(), seen?.id as string)).toMatchObject({
      status: 400,
      errors: [{ code: 'last_event_id' }],
    });
    expect(await ask(await gateway.token({ tenantId }), '42')).toMatchObject({ status: 400 });
    expect(await problemIn(await gateway.fetch('/v1/events/stream', { token: null }))).toMatchObject({
      status: 401,
    });
  });

  it('ends with reauth when the token does', async () => {
    const client = await open(await gateway.token({ expiresInSeconds: 2 }));
    await eventually(() => client.ended);
    expect(client.signals).toEqual([{ event: 'reauth', data: { reason: 'token-expired' } }]);
  });

  it('ends with reauth when the session does', async () => {
    const ids = { tenantId: newId(), userId: newId(), sessionId: newId() };
    const client = await open(await gateway.token(ids));
    await publishEvent(gateway.connection, SessionEnded, {
      tenantId: ids.tenantId,
      aggregateId: ids.sessionId,
      data: { userId: ids.userId, reason: 'log-out' },
    });
    await eventually(() => client.ended);
    expect(client.signals).toEqual([{ event: 'reauth', data: { reason: 'session-ended' } }]);
  });

  it('bounds the streams of one tenant, and frees the place of a client that left', async () => {
    const tenantId = newId();
    const token = await gateway.token({ tenantId });
    const many = await Promise.all(Array.from({ length: 50 }, () => open(token)));
    const refused = await gateway.fetch('/v1/events/stream', { token });
    expect(await problemIn(refused)).toMatchObject({ status: 429 });
    await many[0]?.close();
    await eventually(async () => {
      const response = await gateway.fetch('/v1/events/stream', { token });
      await response.body?.cancel();
      return response.status === 200;
    });
  });

  it('goes on when the broker was away', async () => {
    const tenantId = newId();
    const client = await open(await gateway.token({ tenantId }));
    const before = await happen(tenantId);
    await client.received(1);
    await gateway.nats.down();
    await gateway.nats.up();
    const after = await eventually(() => happen(tenantId));
    await eventually(() => client.events.length >= 2);
    expect(client.events.map(({ data }) => data['id'])).toEqual([before, after]);
  });
});

describe('a gateway that stops', () => {
  it('sends its listeners away to come back elsewhere', async () => {
    const gateway = await GatewayFixture.start();
    const client = await SseClient.open(`${gateway.url}/v1/events/stream`, await gateway.token());
    await gateway.stop();
    await eventually(() => client.ended);
    expect(client.signals).toEqual([{ event: 'reconnect', data: { reason: 'restart' } }]);
  });
});
