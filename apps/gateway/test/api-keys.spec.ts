import {
  ApiKeyChanged,
  ApiKeyRevoked,
  apiKeyErrors,
  MembershipChanged,
  MembershipRemoved,
  tenantErrors,
  TenantUpdated,
  type ApiKeyStanding,
} from '@leadwire/contracts';
import { Clock, newId, type Ctx } from '@leadwire/kernel';
import { newApiKey } from '@leadwire/security';
import { eventually, TestRights } from '@leadwire/testing';
import { ApiKeyVerifier } from '../src/auth/api-key-verifier.js';
import { FakeKeys } from './fake-keys.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { publishEvent } from './publish-event.js';
import { SseClient } from './sse-client.js';

describe('an API key at the gateway', () => {
  const keys = new FakeKeys();
  let gateway: GatewayFixture;
  let seen: Ctx | undefined;

  beforeAll(async () => {
    gateway = await GatewayFixture.start({
      env: { TRUST_PROXY: '127.0.0.1', RATE_ANONYMOUS_PER_SECOND: '0.01', RATE_BURST_SECONDS: '1000' },
      identity: keys.handlers,
      things: {
        list: (ctx) => ((seen = ctx), { items: [], next: null }),
        add: () => ({ id: newId(), name: 'lamp' }),
      },
    });
  });
  afterEach(() => travel(0));
  afterAll(() => gateway.stop());

  let networks = 0;
  /** A caller from a network of its own unless told, as a proxy that we trust reports it. */
  const list = (token: string, ip = `198.51.${100 + Math.floor(++networks / 250)}.${networks % 250}`) =>
    gateway.fetch('/v1/things', { token, headers: { 'x-forwarded-for': ip } });
  const statusOf = async (token: string) => (await list(token)).status;
  /** It is so long after now, or after the moment given, at which time then stands still. */
  const travel = (ms: number, from?: number) => {
    gateway.gateway.app.get(Clock).now = () => new Date((from ?? Date.now()) + ms);
  };

  it("acts for its owner, as a key, with the scopes that are its owner's rights", async () => {
    const { text, kept } = keys.issue({ role: 'agent', scopes: ['leads.read', 'leads.delete'] });
    expect(await statusOf(text)).toBe(200);
    const { tenantId, userId } = kept.standing;
    expect(seen).toMatchObject({ tenantId, userId, sessionId: null, actor: 'api-key' });
    expect([...(seen?.capabilities ?? [])]).toEqual(['leads.read']);
  });

  it('holds what was given to its owner in particular, loses what was taken, and ends with the feature', async () => {
    const rights = new TestRights(gateway.connection);
    await rights.changeForEverybody({});
    const { text, kept } = keys.issue({ role: 'viewer', scopes: ['leads.read', 'leads.write'] });
    const { tenantId, userId } = kept.standing;
    await rights.change(tenantId, { rights: { [userId]: { 'leads.write': true } } });
    expect(await statusOf(text)).toBe(200);
    expect([...(seen?.capabilities ?? [])].sort()).toEqual(['leads.read', 'leads.write']);
    await rights.change(tenantId, { rights: { [userId]: { 'leads.read': false } } });
    await eventually(async () => (await statusOf(text)) === 403);
    await rights.change(tenantId, {});
    await eventually(async () => (await statusOf(text)) === 200);
    await rights.change(tenantId, { features: { api_keys: false } });
    await eventually(async () => (await statusOf(text)) === 403);
    expect(await problemIn(await list(text))).toMatchObject({
      code: 'request.forbidden',
      feature: 'api_keys',
    });
  });

  it('may do nothing beyond its scopes, whatever its owner may', async () => {
    const { text } = keys.issue({ scopes: ['leads.read'] });
    const response = await gateway.post('/v1/things', { name: 'x' }, { token: text });
    expect(await problemIn(response)).toMatchObject({
      status: 403,
      code: 'request.forbidden',
      capability: 'leads.write',
    });
  });

  it('never holds a right over keys, people or the team, even if identity said so', async () => {
    const { text } = keys.issue({ scopes: ['leads.read', 'api-keys.manage', 'tenant.update'] });
    expect(await statusOf(text)).toBe(200);
    expect([...(seen?.capabilities ?? [])]).toEqual(['leads.read']);
  });

  it('is asked of identity once in half a minute, also when many requests come at once', async () => {
    const { text, kept } = keys.issue();
    const start = Date.now();
    travel(0, start);
    // Of one network, which may guess ten times: nobody guesses here.
    const answers = await Promise.all(Array.from({ length: 20 }, () => list(text, '192.0.2.44')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(kept.asked).toBe(1);
    travel(29_000, start);
    await statusOf(text);
    expect(kept.asked).toBe(1);
    travel(31_000, start);
    await statusOf(text);
    expect(kept.asked).toBe(2);
  });

  it('travels as its hash: identity never gets the key', async () => {
    const { text } = keys.issue();
    const heard: string[] = [];
    const spy = gateway.connection.subscribe('rpc.>', {
      callback: (_, msg) => void heard.push(msg.string() + JSON.stringify([...(msg.headers ?? [])])),
    });
    await gateway.connection.flush();
    expect(await statusOf(text)).toBe(200);
    await eventually(() => heard.length >= 2);
    spy.unsubscribe();
    expect(heard.join()).not.toContain(text.slice(17));
  });

  describe('is refused', () => {
    it('with a wrong checksum, without asking identity', async () => {
      const { text, kept } = keys.issue();
      const before = keys.strangers;
      const response = await list(`${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`);
      expect(await problemIn(response)).toMatchObject({ status: 401, code: 'request.unauthenticated' });
      expect([kept.asked, keys.strangers]).toEqual([0, before]);
    });

    it('when identity knows no such key', async () => {
      const response = await list(newApiKey().text);
      expect(await problemIn(response)).toMatchObject({ status: 401, code: 'request.unauthenticated' });
    });

    it('when it has ended, and says so', async () => {
      const { text, kept } = keys.issue();
      kept.refusal = apiKeyErrors.ended;
      expect(await problemIn(await list(text))).toMatchObject({ status: 401, code: 'api_key.ended' });
    });

    it('when its end comes while it is remembered', async () => {
      const { text, kept } = keys.issue({ worksUntil: new Date(Date.now() + 10_000).toISOString() });
      expect(await statusOf(text)).toBe(200);
      kept.refusal = apiKeyErrors.ended;
      travel(10_001);
      expect(await statusOf(text)).toBe(401);
    });

    it.each([
      ['an IPv4 network', '203.0.113.0/24', '203.0.113.77', '203.0.114.1'],
      ['one address', '203.0.113.9/32', '203.0.113.9', '203.0.113.8'],
      ['an IPv6 network', '2001:db8::/48', '2001:db8:0:1::5', '2001:db8:1::5'],
      ['an IPv4 network reached over IPv6', '203.0.113.0/24', '::ffff:203.0.113.77', '::ffff:203.0.114.1'],
    ])('outside of its networks: %s', async (_, network, inside, outside) => {
      const { text } = keys.issue({ ipAllow: ['192.0.2.0/24', network] });
      expect((await list(text, inside)).status).toBe(200);
      expect(await problemIn(await list(text, outside))).toMatchObject({
        status: 403,
        code: 'api_key.address_not_allowed',
      });
    });

    it('for a network that guesses, before identity is asked: ten guesses are free, other networks go on', async () => {
      const ip = '192.0.2.200';
      const before = keys.strangers;
      const guesses = await Promise.all(Array.from({ length: 30 }, () => list(newApiKey().text, ip)));
      const count = (status: number) => guesses.filter((response) => response.status === status).length;
      expect([count(401), count(429)]).toEqual([10, 20]);
      expect(keys.strangers - before).toBe(10);
      expect(await statusOf(keys.issue().text)).toBe(200);
    });

    it('nowhere for having been looked up: a known key costs its network nothing', async () => {
      const ip = '192.0.2.201';
      for (let i = 0; i < 15; i++) expect((await list(keys.issue().text, ip)).status).toBe(200);
    });
  });

  describe('is asked for again within a second of', () => {
    const facts = {
      'its revocation': ({ tenantId, apiKeyId, userId }: ApiKeyStanding) =>
        publishEvent(gateway.connection, ApiKeyRevoked, {
          tenantId,
          aggregateId: apiKeyId,
          data: { userId, reason: 'revoked-by-owner' },
        }),
      'a change of it': ({ tenantId, apiKeyId, userId, worksUntil }: ApiKeyStanding) =>
        publishEvent(gateway.connection, ApiKeyChanged, {
          tenantId,
          aggregateId: apiKeyId,
          data: { userId, worksUntil },
        }),
      'the removal of its owner': ({ tenantId, userId }: ApiKeyStanding) =>
        publishEvent(gateway.connection, MembershipRemoved, { tenantId, data: { userId } }),
      'a change of the team': ({ tenantId }: ApiKeyStanding) =>
        publishEvent(gateway.connection, TenantUpdated, {
          tenantId,
          aggregateId: tenantId,
          data: { name: 'Acme', status: 'suspended', planTier: 'trial' },
        }),
    };

    it.each(Object.entries(facts))('%s', async (_, publish) => {
      const { text, kept } = keys.issue();
      const other = keys.issue();
      expect([await statusOf(text), await statusOf(other.text)]).toEqual([200, 200]);
      kept.refusal = apiKeyErrors.ended;
      await publish(kept.standing);
      await eventually(async () => (await statusOf(text)) === 401);
      await statusOf(other.text);
      expect(other.kept.asked).toBe(1);
    });

    it('a change of its owner’s role, and then has the rights of that role', async () => {
      const { text, kept } = keys.issue();
      const { tenantId, userId } = kept.standing;
      const add = () => gateway.post('/v1/things', { name: 'x' }, { token: text });
      expect((await add()).status).toBe(201);
      kept.standing = { ...kept.standing, role: 'viewer' };
      await publishEvent(gateway.connection, MembershipChanged, {
        tenantId,
        data: { userId, role: 'viewer' },
      });
      await eventually(async () => (await add()).status === 403);
      expect(await statusOf(text)).toBe(200);
    });

    it('the suspension of the team, which is a problem of its own', async () => {
      const { text, kept } = keys.issue();
      expect(await statusOf(text)).toBe(200);
      kept.refusal = tenantErrors.suspended;
      await facts['a change of the team'](kept.standing);
      await eventually(async () => {
        expect(await problemIn(await list(text))).toMatchObject({ status: 403, code: 'tenant.suspended' });
        return true;
      });
    });
  });

  it('is not remembered as it was before a fact that came while identity was answering', async () => {
    const { text, kept } = keys.issue();
    const { tenantId, userId, apiKeyId } = kept.standing;
    const [answer, fact] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    gateway.gateway.app.get(ApiKeyVerifier).onChange((id) => id === apiKeyId && fact.resolve());
    kept.answersAfter = answer.promise;
    const slow = statusOf(text);
    await eventually(() => kept.asked === 1);
    await publishEvent(gateway.connection, ApiKeyRevoked, {
      tenantId,
      aggregateId: apiKeyId,
      data: { userId, reason: 'revoked-by-owner' },
    });
    await fact.promise;
    answer.resolve();
    expect(await slow).toBe(200);
    kept.refusal = apiKeyErrors.ended;
    expect(await statusOf(text)).toBe(401);
  });

  it('ends its event streams, and no others, when the team may have no keys any more', async () => {
    const { text, kept } = keys.issue({ scopes: ['events.stream'] });
    const { tenantId } = kept.standing;
    const rights = new TestRights(gateway.connection);
    await rights.change(tenantId, {});
    const url = `${gateway.url}/v1/events/stream`;
    const ofKey = await SseClient.open(url, text);
    const ofPerson = await SseClient.open(url, await gateway.token({ tenantId }));
    await rights.change(tenantId, { features: { api_keys: false } });
    await eventually(() => ofKey.ended);
    expect(ofKey.signals).toMatchObject([{ event: 'reauth', data: { reason: 'forbidden' } }]);
    expect([ofPerson.ended, ofPerson.signals]).toEqual([false, []]);
    await ofPerson.close();
  });

  it('ends its event streams when it is revoked', async () => {
    const { text, kept } = keys.issue({ scopes: ['events.stream'] });
    const { tenantId, apiKeyId, userId } = kept.standing;
    const stream = await SseClient.open(`${gateway.url}/v1/events/stream`, text);
    await publishEvent(gateway.connection, ApiKeyRevoked, {
      tenantId,
      aggregateId: apiKeyId,
      data: { userId, reason: 'revoked-by-owner' },
    });
    await eventually(() => stream.ended);
    expect(stream.signals).toMatchObject([{ event: 'reauth', data: { reason: 'api-key-changed' } }]);
  });
});
