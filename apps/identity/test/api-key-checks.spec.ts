import {
  ApiKeyChanged,
  apiKeyChecksApi,
  ApiKeyRevoked,
  apiKeysApi,
  MembershipRemoved,
  operatorsApi,
  type ApiKeyChecksApi,
  type ApiKeysApi,
  type CreateApiKey,
  type SessionTokens,
} from '@leadwire/contracts';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { digestOfApiKey } from '@leadwire/security';
import { eventually, type TestService } from '@leadwire/testing';
import { ApiKeyUse } from '../src/api-keys/api-key-use.js';
import { createKey, ended, verifyKey } from './api-keys.js';
import { anonymous, memberIn, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const DAY_MS = 86_400_000;

describe('API keys that are used', () => {
  let service: TestService;
  let keys: ApiKeysApi;
  let checks: ApiKeyChecksApi;
  let session: SessionTokens;
  let owner: Ctx;

  beforeAll(async () => {
    service = await startIdentity();
    keys = service.client(apiKeysApi);
    checks = service.client(apiKeyChecksApi);
  });
  beforeEach(async () => {
    session = await signUp(service);
    owner = signedIn(session);
  });
  afterEach(() => travel(service, 0));
  afterAll(() => service.stop());

  const create = (ctx = owner, over: Partial<CreateApiKey> = {}) => createKey(service, ctx, over);
  const verify = (secret: string) => verifyKey(service, secret);

  describe('are refused', () => {
    it('when nobody was given such a key, and when the secret is another: both alike', async () => {
      const [one, other] = [await create(), await create()];
      const strangers = [
        { prefix: 'zzzzzzzz', digest: digestOfApiKey('x') },
        { prefix: one.apiKey.prefix, digest: digestOfApiKey(other.secret) },
      ];
      for (const stranger of strangers)
        await expect(checks.verify(anonymous(), stranger)).rejects.toMatchObject({
          code: 'request.unauthenticated',
        });
    });

    it('when they have expired', async () => {
      const { apiKey, secret } = await create(owner, {
        expiresAt: new Date(Date.now() + DAY_MS).toISOString(),
      });
      travel(service, DAY_MS + 1000);
      await expect(verify(secret)).rejects.toMatchObject(ended);
      expect(await keys.get(owner, { apiKeyId: apiKey.id })).toMatchObject({ state: 'expired' });
    });

    it('when they were revoked, which is announced once', async () => {
      const { apiKey, secret } = await create();
      await keys.revoke(owner, { apiKeyId: apiKey.id });
      await keys.revoke(owner, { apiKeyId: apiKey.id });
      await expect(verify(secret)).rejects.toMatchObject(ended);
      expect(await service.events(ApiKeyRevoked, session.tenant.id)).toMatchObject([
        { data: { reason: 'revoked-by-owner' } },
      ]);
    });

    it.each([
      ['has left', 'UPDATE identity.memberships SET deleted_at = now() WHERE user_id = $1'],
      ['is switched off', 'UPDATE identity.users SET is_active = false WHERE id = $1'],
    ])('when their owner %s', async (_, sql) => {
      const { secret } = await create();
      await service.database.query(sql, [session.user.id]);
      await expect(verify(secret)).rejects.toMatchObject(ended);
    });

    it('when the team is suspended', async () => {
      const { secret } = await create();
      await service.database.query("UPDATE identity.tenants SET status = 'suspended' WHERE id = $1", [
        session.tenant.id,
      ]);
      await expect(verify(secret)).rejects.toMatchObject({ code: 'tenant.suspended', kind: 'forbidden' });
    });

    it('at once when those who run the platform switch their owner off, until they switch them on again', async () => {
      const { apiKey, secret } = await create();
      const operators = service.client(operatorsApi);
      const changes = async () => (await service.events(ApiKeyChanged, session.tenant.id)).length;
      await operators.suspendUser(systemCtx(''), { user: session.user.email, reason: 'spam' });
      await expect(verify(secret)).rejects.toMatchObject(ended);
      expect(await changes()).toBe(1);
      await operators.reinstateUser(systemCtx(''), { user: session.user.email });
      expect(await verify(secret)).toMatchObject({ apiKeyId: apiKey.id });
      expect(await changes()).toBe(2);
    });

    it('for good once their owner has left, also when the person comes back', async () => {
      const agent = (await memberIn(service, session, 'agent')).ctx;
      const { secret } = await create(agent);
      const data = { userId: agent.userId as string };
      await service.publish(MembershipRemoved, { tenantId: session.tenant.id, data });
      await eventually(async () => (await service.events(ApiKeyRevoked, session.tenant.id)).length === 1);
      await expect(verify(secret)).rejects.toMatchObject(ended);
      const again = await create(agent);
      await verify(again.secret);
    });
  });

  it('act with the role that their owner has now', async () => {
    const { secret } = await create();
    await service.database.query("UPDATE identity.memberships SET role = 'viewer' WHERE user_id = $1", [
      session.user.id,
    ]);
    expect(await verify(secret)).toMatchObject({ role: 'viewer' });
  });

  it('say when they were last used, to the minute, without a write per use', async () => {
    const { apiKey, secret } = await create();
    const use = service.running.app.get(ApiKeyUse);
    const lastUsed = async () => (await keys.get(owner, { apiKeyId: apiKey.id })).lastUsedAt;
    await Promise.all([verify(secret), verify(secret)]);
    await use.flush();
    const first = await lastUsed();
    expect(Date.parse(first as string)).toBeGreaterThan(Date.now() - 60_000);
    travel(service, 30_000);
    await verify(secret);
    await use.flush();
    expect(await lastUsed()).toBe(first);
    travel(service, 61_000);
    await verify(secret);
    await use.flush();
    expect(Date.parse((await lastUsed()) as string)).toBeGreaterThan(Date.parse(first as string) + 60_000);
  });

  it('of any tenant are out of reach of the role that serves requests, but for the tenant of a prefix', async () => {
    const { apiKey } = await create();
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: service.database.url('identity', 'app') });
    await client.connect();
    try {
      expect((await client.query('SELECT FROM api_keys')).rowCount).toBe(0);
      const { rows } = await client.query('SELECT tenant_of_api_key($1) AS t', [apiKey.prefix]);
      expect(rows).toEqual([{ t: session.tenant.id }]);
    } finally {
      await client.end();
    }
  });
});
