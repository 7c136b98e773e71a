import {
  ApiKeyChanged,
  ApiKeyCreated,
  ApiKeyRevoked,
  apiKeysApi,
  type ApiKeysApi,
  type CreateApiKey,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { MailSink, type TestService } from '@leadwire/testing';
import { createKey, ended, verifyKey } from './api-keys.js';
import { anonymous, memberIn, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const DAY_MS = 86_400_000;
const notFound = { code: 'api_key.not_found', kind: 'not_found' };

describe('API keys', () => {
  let service: TestService;
  let keys: ApiKeysApi;
  let mails: MailSink;
  let session: SessionTokens;
  let owner: Ctx;

  beforeAll(async () => {
    mails = await MailSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: mails.url });
    keys = service.client(apiKeysApi);
  });
  beforeEach(async () => {
    session = await signUp(service);
    owner = signedIn(session);
  });
  afterEach(() => travel(service, 0));
  afterAll(async () => {
    await service.stop();
    await mails.stop();
  });

  const create = (ctx = owner, over: Partial<CreateApiKey> = {}) => createKey(service, ctx, over);
  const verify = (secret: string) => verifyKey(service, secret);
  const names = async (ctx: Ctx, input = {}) => (await keys.list(ctx, input)).items.map(({ name }) => name);
  const someoneElse = async () => signedIn(await signUp(service));

  describe('when made', () => {
    it('show their secret once, act for their owner, and last 90 days', async () => {
      const { apiKey, secret } = await create(owner, { scopes: ['leads.write', 'leads.read'] });
      expect(secret).toMatch(new RegExp(`^lw_live_${apiKey.prefix}_`));
      expect(apiKey).toMatchObject({
        userId: session.user.id,
        name: 'CRM sync',
        scopes: ['leads.write', 'leads.read'],
        ipAllow: [],
        ratePerSecond: null,
        state: 'active',
        lastUsedAt: null,
        rotatedFrom: null,
      });
      expect(Math.round((Date.parse(apiKey.worksUntil) - Date.now()) / DAY_MS)).toBe(90);
      expect(await keys.get(owner, { apiKeyId: apiKey.id })).toEqual(apiKey);
      expect(await keys.list(owner, {})).toEqual({ items: [apiKey], next: null });
      expect(await verify(secret)).toMatchObject({
        apiKeyId: apiKey.id,
        tenantId: session.tenant.id,
        userId: session.user.id,
        role: 'owner',
        scopes: ['leads.write', 'leads.read'],
      });
      expect(await service.events(ApiKeyCreated, session.tenant.id)).toMatchObject([
        { aggregateId: apiKey.id, data: { userId: session.user.id, rotatedFrom: null } },
      ]);
    });

    it('leave their secret nowhere: not in the table, not in events, not under an Idempotency-Key', async () => {
      const ctx = { ...owner, idempotencyKey: 'once\tPOST /v1/api-keys x' };
      const { apiKey, secret } = await create(ctx);
      const rotated = await keys.rotate(
        { ...owner, idempotencyKey: 'twice\tPOST x' },
        { apiKeyId: apiKey.id },
      );
      const rows = await service.database.query<{ text: string }>(
        `SELECT row_to_json(k)::text AS text FROM identity.api_keys k
         UNION ALL SELECT row_to_json(e)::text FROM identity.domain_events e
         UNION ALL SELECT row_to_json(i)::text FROM identity.idempotency_keys i`,
      );
      const stored = rows.map(({ text }) => text).join('\n');
      for (const shown of [secret, rotated.secret]) {
        const random = shown.slice(17, 60);
        expect(stored).not.toContain(random);
        expect(stored).not.toContain(Buffer.from(shown).toString('hex'));
      }
      expect(await service.database.query('SELECT FROM identity.idempotency_keys')).toEqual([]);
    });

    it('are told of to their owner by mail, without the secret', async () => {
      const { apiKey, secret } = await create(owner, { name: '<b>CRM</b>' });
      const mail = await mails.waitFor(session.user.email, 'API key');
      expect(mail.text).toContain(`“<b>CRM</b>” (lw_live_${apiKey.prefix}…), for leads.read`);
      expect(mail.html).toContain('&lt;b&gt;CRM');
      expect(mail.text + mail.html).not.toContain(secret.slice(17));
    });

    it('keep networks as networks', async () => {
      const ipAllow = ['10.1.2.3/8', '203.0.113.9', '2001:db8::1/48', '10.0.0.0/8'];
      const { apiKey } = await create(owner, { ipAllow, ratePerSecond: 5 });
      expect(apiKey.ratePerSecond).toBe(5);
      expect(apiKey.ipAllow.toSorted()).toEqual(['10.0.0.0/8', '2001:db8::/48', '203.0.113.9/32']);
    });

    it.each([
      ['no name', { name: '  ' }, '/name'],
      ['a name of 101 characters', { name: 'x'.repeat(101) }, '/name'],
      ['no scopes', { scopes: [] }, '/scopes'],
      ['a scope that is none', { scopes: ['leads.everything'] }, '/scopes'],
      ['a scope for people only', { scopes: ['api-keys.manage'] }, '/scopes'],
      ['a scope twice', { scopes: ['leads.read', 'leads.read'] }, '/scopes'],
      ['scopes that are no list', { scopes: 'leads.read' }, '/scopes'],
      ['an end in the past', { expiresAt: new Date(Date.now() - 1000).toISOString() }, '/expiresAt'],
      ['an end in two years', { expiresAt: new Date(Date.now() + 730 * DAY_MS).toISOString() }, '/expiresAt'],
      ['an end that is no moment', { expiresAt: 'never' }, '/expiresAt'],
      ['a network that is none', { ipAllow: ['10.0.0.0/33'] }, '/ipAllow'],
      ['a network of one machine', { ipAllow: ['fe80::1%eth0'] }, '/ipAllow'],
      ['a network in no list', { ipAllow: '10.0.0.0/8' }, '/ipAllow'],
      ['21 networks', { ipAllow: Array.from({ length: 21 }, (_, i) => `10.0.0.${i}`) }, '/ipAllow'],
      ['a rate of nothing', { ratePerSecond: 0 }, '/ratePerSecond'],
      ['a rate beyond all', { ratePerSecond: 1001 }, '/ratePerSecond'],
      ['an owner', { userId: newId() }, '/userId'],
    ])('refuse %s', async (_, over, pointer) => {
      await expect(create(owner, over as never)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
      expect(await names(owner)).toEqual([]);
    });

    it('never do more than their maker may', async () => {
      const viewer = signedIn(session, 'viewer');
      await expect(create(viewer, { scopes: ['leads.read', 'leads.write'] })).rejects.toMatchObject({
        code: 'api_key.scope_beyond_rights',
        kind: 'forbidden',
        details: { extras: { scopes: ['leads.write'] } },
      });
      await create(viewer);
    });

    it('are for people: no key makes, reads, changes or ends keys', async () => {
      const { apiKey } = await create();
      const key: Ctx = { ...owner, actor: 'api-key', sessionId: null };
      const ref = { apiKeyId: apiKey.id };
      const tries = [
        create(key),
        keys.list(key, {}),
        keys.get(key, ref),
        keys.update(key, { ...ref, name: 'x' }),
        keys.rotate(key, ref),
        keys.revoke(key, ref),
      ];
      for (const outcome of await Promise.allSettled(tries))
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'request.forbidden' } });
      await expect(create(anonymous())).rejects.toMatchObject({ code: 'request.unauthenticated' });
    });

    it('are at most 20 per member, however many are asked for at once', async () => {
      const made = await Promise.allSettled(Array.from({ length: 25 }, () => create()));
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
      expect(made.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'api_key.too_many', kind: 'conflict' },
      });
      const [oldest] = (await keys.list(owner, { limit: 1 })).items;
      await keys.revoke(owner, { apiKeyId: oldest?.id as string });
      await create();
    });

    it('are not made for whoever has left', async () => {
      await service.database.query('UPDATE identity.memberships SET deleted_at = now() WHERE user_id = $1', [
        session.user.id,
      ]);
      await expect(create()).rejects.toMatchObject({ code: 'account.not_a_member' });
    });
  });

  describe('in a team', () => {
    it('are seen by their owner; all of them by who manages keys', async () => {
      const agent = (await memberIn(service, session, 'agent')).ctx;
      await create(owner, { name: "the owner's" });
      const { apiKey } = await create(agent, { name: "the agent's" });
      expect(await names(agent)).toEqual(["the agent's"]);
      expect(await names(agent, { userId: session.user.id })).toEqual([]);
      expect(await names(owner)).toEqual(["the agent's", "the owner's"]);
      expect(await names(owner, { userId: agent.userId })).toEqual(["the agent's"]);
      expect((await keys.get(owner, { apiKeyId: apiKey.id })).userId).toBe(agent.userId);
    });

    it('of another member cannot be told from none', async () => {
      const agent = (await memberIn(service, session, 'agent')).ctx;
      const { apiKey, secret } = await create();
      const ref = { apiKeyId: apiKey.id };
      await expect(keys.get(agent, ref)).rejects.toMatchObject(notFound);
      await expect(keys.update(agent, { ...ref, name: 'mine' })).rejects.toMatchObject(notFound);
      await expect(keys.rotate(agent, ref)).rejects.toMatchObject(notFound);
      await expect(keys.revoke(agent, ref)).rejects.toMatchObject(notFound);
      expect(await keys.get(owner, ref)).toEqual(apiKey);
      await verify(secret);
    });

    it('are revoked by who manages them, but neither changed nor replaced: nobody acts in another name', async () => {
      const agent = (await memberIn(service, session, 'agent')).ctx;
      const { apiKey, secret } = await create(agent);
      const ref = { apiKeyId: apiKey.id };
      const notYours = { code: 'api_key.not_yours', kind: 'forbidden' };
      await expect(keys.update(owner, { ...ref, ipAllow: [] })).rejects.toMatchObject(notYours);
      await expect(keys.rotate(owner, ref)).rejects.toMatchObject(notYours);
      await keys.revoke(owner, ref);
      await expect(verify(secret)).rejects.toMatchObject(ended);
      expect(await service.events(ApiKeyRevoked, session.tenant.id)).toMatchObject([
        { aggregateId: apiKey.id, data: { userId: agent.userId, reason: 'revoked-by-admin' } },
      ]);
    });

    it('of another team are not found, and nothing of them changes', async () => {
      const { apiKey, secret } = await create();
      const stranger = await someoneElse();
      const ref = { apiKeyId: apiKey.id };
      await expect(keys.get(stranger, ref)).rejects.toMatchObject(notFound);
      await expect(keys.update(stranger, { ...ref, name: 'mine' })).rejects.toMatchObject(notFound);
      await expect(keys.rotate(stranger, ref)).rejects.toMatchObject(notFound);
      await expect(keys.revoke(stranger, ref)).rejects.toMatchObject(notFound);
      expect(await names(stranger)).toEqual([]);
      expect(await names(stranger, { userId: session.user.id })).toEqual([]);
      expect(await keys.get(owner, ref)).toEqual(apiKey);
      await verify(secret);
    });

    it('are listed page by page, newest first', async () => {
      for (const name of ['one', 'two', 'three']) await create(owner, { name });
      const first = await keys.list(owner, { limit: 2 });
      expect(first.items.map(({ name }) => name)).toEqual(['three', 'two']);
      expect(await names(owner, { limit: 2, cursor: first.next })).toEqual(['one']);
      await expect(
        keys.list(await someoneElse(), { limit: 2, cursor: first.next as string }),
      ).rejects.toMatchObject({ code: 'request.invalid' });
    });
  });

  describe('when changed', () => {
    it('take the given fields and announce it', async () => {
      const { apiKey, secret } = await create(owner, { scopes: ['leads.read', 'leads.write'] });
      const changed = await keys.update(owner, {
        apiKeyId: apiKey.id,
        name: ' Nightly ',
        scopes: ['leads.read'],
        ipAllow: ['203.0.113.0/24'],
        ratePerSecond: 3,
      });
      expect(changed).toEqual({
        ...apiKey,
        name: 'Nightly',
        scopes: ['leads.read'],
        ipAllow: ['203.0.113.0/24'],
        ratePerSecond: 3,
      });
      expect(await keys.update(owner, { apiKeyId: apiKey.id, ratePerSecond: null })).toMatchObject({
        name: 'Nightly',
        ipAllow: ['203.0.113.0/24'],
        ratePerSecond: null,
      });
      expect(await verify(secret)).toMatchObject({ scopes: ['leads.read'], ipAllow: ['203.0.113.0/24'] });
      expect(await service.events(ApiKeyChanged, session.tenant.id)).toHaveLength(2);
    });

    it('grow only within the rights of their owner now, but keep what they had', async () => {
      const { apiKey } = await create(owner, { scopes: ['leads.read', 'leads.delete'] });
      const lowered = signedIn(session, 'agent');
      const set = (scopes: string[]) => keys.update(lowered, { apiKeyId: apiKey.id, scopes });
      await expect(set(['leads.read', 'billing.read'])).rejects.toMatchObject({
        code: 'api_key.scope_beyond_rights',
      });
      expect((await set(['leads.delete', 'leads.write'])).scopes).toEqual(['leads.delete', 'leads.write']);
    });

    it('do not come back to life', async () => {
      const { apiKey } = await create();
      await keys.revoke(owner, { apiKeyId: apiKey.id });
      const notActive = { code: 'api_key.not_active', kind: 'conflict' };
      await expect(keys.update(owner, { apiKeyId: apiKey.id, name: 'x' })).rejects.toMatchObject(notActive);
      await expect(keys.rotate(owner, { apiKeyId: apiKey.id })).rejects.toMatchObject(notActive);
    });
  });

  describe('when rotated', () => {
    it('have a successor at once, and work beside it until the overlap ends', async () => {
      const old = await create(owner, { ipAllow: ['203.0.113.0/24'], ratePerSecond: 7 });
      const next = await keys.rotate(owner, { apiKeyId: old.apiKey.id, overlapSeconds: 3600 });
      expect(next.apiKey).toMatchObject({
        name: 'CRM sync',
        scopes: ['leads.read'],
        ipAllow: ['203.0.113.0/24'],
        ratePerSecond: 7,
        state: 'active',
        rotatedFrom: old.apiKey.id,
      });
      await Promise.all([verify(old.secret), verify(next.secret)]);
      expect(await keys.get(owner, { apiKeyId: old.apiKey.id })).toMatchObject({ state: 'retiring' });
      travel(service, 3_601_000);
      await expect(verify(old.secret)).rejects.toMatchObject(ended);
      await verify(next.secret);
      expect(await keys.get(owner, { apiKeyId: old.apiKey.id })).toMatchObject({ state: 'replaced' });
    });

    it('end at once without an overlap', async () => {
      const old = await create();
      const next = await keys.rotate(owner, { apiKeyId: old.apiKey.id, overlapSeconds: 0 });
      await expect(verify(old.secret)).rejects.toMatchObject(ended);
      await verify(next.secret);
    });

    it('have one successor, also when two people press the button at once', async () => {
      const { apiKey } = await create();
      const both = await Promise.allSettled([1, 2].map(() => keys.rotate(owner, { apiKeyId: apiKey.id })));
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'api_key.not_active' },
      });
      expect(await names(owner)).toHaveLength(2);
    });

    it('are bounded too', async () => {
      let { apiKey } = await create();
      for (let i = 0; i < 20; i++) ({ apiKey } = await keys.rotate(owner, { apiKeyId: apiKey.id }));
      await expect(keys.rotate(owner, { apiKeyId: apiKey.id })).rejects.toMatchObject({
        code: 'api_key.too_many',
      });
      expect(await keys.get(owner, { apiKeyId: apiKey.id })).toMatchObject({ state: 'active' });
    });

    it.each([-1, 604_801, 1.5])('refuse an overlap of %p seconds', async (overlapSeconds) => {
      const { apiKey } = await create();
      await expect(keys.rotate(owner, { apiKeyId: apiKey.id, overlapSeconds })).rejects.toMatchObject({
        code: 'request.invalid',
      });
    });

    it('and revoked at the same time leave no working key behind but the successor', async () => {
      const { apiKey, secret } = await create();
      await Promise.allSettled([
        keys.rotate(owner, { apiKeyId: apiKey.id }),
        keys.revoke(owner, { apiKeyId: apiKey.id }),
      ]);
      await expect(verify(secret)).rejects.toMatchObject(ended);
    });
  });

  it('that ended are forgotten in time, and past a hundred at once', async () => {
    const { apiKey } = await create();
    await keys.revoke(owner, { apiKeyId: apiKey.id });
    await service.database.query(
      `INSERT INTO identity.api_keys (id, tenant_id, user_id, name, prefix, secret_hash, scopes, expires_at)
       SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, $2, 'old', lpad(to_hex(n), 8, 'f'), decode(repeat('00', 32), 'hex'), '{leads.read}',
         now() - interval '1 day'
       FROM generate_series(1, 150) n`,
      [session.tenant.id, session.user.id],
    );
    await create(owner, { name: 'now' });
    const kept = await service.database.query('SELECT FROM identity.api_keys WHERE tenant_id = $1', [
      session.tenant.id,
    ]);
    expect(kept).toHaveLength(101);
    travel(service, 91 * DAY_MS);
    await create(owner, { name: 'later' });
    expect(await names(owner, { limit: 100 })).toEqual(['later', 'now']);
  });
});
