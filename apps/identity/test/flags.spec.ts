import { entitlementsApi, FLAGS_PER_TENANT_MAX, flagsApi, operatorRightsApi } from '@leadwire/contracts';
import { parseSnapshot, type TenantSnapshot } from '@leadwire/entitlements';
import { newId, systemCtx } from '@leadwire/kernel';
import { eventually, type TestService } from '@leadwire/testing';
import { MemberRightsService } from '../src/rights/member-rights.service.js';
import { memberIn, signedIn, signUp, travel } from './identity-client.js';
import { codeOf, operator, RightsWorld } from './rights-world.js';

describe('rights', () => {
  let world: RightsWorld;
  let service: TestService;

  beforeAll(async () => {
    world = await RightsWorld.start();
    ({ service } = world);
  });
  afterAll(() => service.stop());

  describe('by flags', () => {
    const operators = () => service.client(operatorRightsApi);

    it('are set by operators for everybody, for a team and for one member, and shown to its admins', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'agent');
      const config = { rollout: { percentage: 0, stickiness: 'user' } };
      await operators().setFlag(operator(), { key: 'new_inbox', enabled: true, config });
      await operators().setFlag(operator(), { key: 'new_inbox', tenantId, enabled: false });
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      await operators().setFlag(operator(), { key: 'new_inbox', tenantId, userId, enabled: true, expiresAt });
      expect((await service.client(flagsApi).list(signedIn(session, 'admin'), {})).items).toMatchObject([
        { key: 'new_inbox', userId: null, enabled: false, expiresAt: null },
        { key: 'new_inbox', userId, enabled: true, expiresAt },
      ]);
      expect(await codeOf(service.client(flagsApi).list(signedIn(session, 'manager'), {}))).toBe(
        'request.forbidden',
      );
      const { items } = await operators().listFlags(operator(), { tenantId });
      expect(items.filter(({ key }) => key === 'new_inbox')).toHaveLength(3);
      const snapshot = await world.published(
        tenantId,
        ({ userFlags }) => userFlags['new_inbox'] !== undefined,
      );
      expect(snapshot.flags).toEqual({ new_inbox: { on: false } });
      const everybody = await eventually(() => world.bucket.everybody());
      expect(everybody.snapshot.flags['new_inbox']).toEqual({ on: true, config });
    });

    it('are said with value, reason and the row that decided, and end when they expire', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      await operators().setFlag(operator(), { key: 'beta', tenantId, enabled: true, expiresAt });
      const beta = async () =>
        (await world.mine(signedIn(session), '')).flags.find(({ flag }) => flag === 'beta');
      expect(await beta()).toEqual({
        flag: 'beta',
        answer: { value: true },
        variant: 'on',
        reason: 'TARGETING_MATCH',
        decidedBy: 'tenant_row',
        text: 'The flag beta is on: it says so for your team.',
      });
      travel(service, 60_001);
      expect(await beta()).toMatchObject({
        answer: { value: false },
        reason: 'DISABLED',
        decidedBy: 'expiry',
      });
      travel(service, 0);
    });

    it('keep what they were not told, and go when they are removed', async () => {
      const key = 'kept';
      const config = { variants: { on: 'blue' } };
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      await operators().setFlag(operator(), { key, enabled: true, config, expiresAt });
      expect(await operators().setFlag(operator(), { key, enabled: false })).toMatchObject({
        enabled: false,
        config,
        expiresAt,
      });
      expect(await operators().setFlag(operator(), { key, enabled: true, expiresAt: null })).toMatchObject({
        expiresAt: null,
      });
      await operators().removeFlag(operator(), { key });
      expect(await codeOf(operators().removeFlag(operator(), { key }))).toBe('flag.not_found');
      await eventually(async () => !(await world.bucket.everybody())?.snapshot.flags[key]);
    });

    it('are bounded for each team', async () => {
      const { id: tenantId } = (await signUp(service)).tenant;
      await service.database.query(
        `INSERT INTO identity.feature_flags (id, tenant_id, feature_key, is_enabled)
         SELECT gen_random_uuid(), $1, 'flag-' || n, true FROM generate_series(1, $2::int) n`,
        [tenantId, FLAGS_PER_TENANT_MAX],
      );
      const set = (key: string) => codeOf(operators().setFlag(operator(), { key, tenantId, enabled: false }));
      expect(await set('one-more')).toBe('flag.too_many');
      expect(await set('flag-1')).toBe('ok');
    });

    it('with a configuration that nobody can read are off, whatever they say', async () => {
      const session = await signUp(service);
      await service.database.query(
        `INSERT INTO identity.feature_flags (id, tenant_id, feature_key, is_enabled, config)
         VALUES ($1, $2, 'broken', true, '{"rollout": {"percentage": "all"}}')`,
        [newId(), session.tenant.id],
      );
      const { flags } = await world.mine(signedIn(session));
      expect(flags.find(({ flag }) => flag === 'broken')).toMatchObject({ answer: { value: false } });
    });

    it('are refused where they make no sense, and to everybody but operators', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const set = (input: object) =>
        codeOf(operators().setFlag(operator(), { key: 'odd', enabled: true, ...input }));
      expect(await set({ config: { rollout: { percentage: 200, stickiness: 'user' } } })).toBe(
        'flag.bad_config',
      );
      expect(await set({ userId: newId() })).toBe('flag.member_without_team');
      expect(await set({ tenantId, userId: newId() })).toBe('member.not_found');
      expect(await set({ tenantId: newId() })).toBe('tenant.not_found');
      expect(await set({ key: 'Not A Key' })).toBe('request.invalid');
      for (const ctx of [signedIn(session)]) {
        expect(await codeOf(operators().setFlag(ctx, { key: 'mine', enabled: true }))).toBe(
          'request.forbidden',
        );
        expect(await codeOf(operators().republish(ctx, {}))).toBe('request.forbidden');
        expect(await codeOf(service.client(entitlementsApi).snapshot(ctx, {}))).toBe('request.forbidden');
      }
    });
  });

  describe('explained', () => {
    it('name every rule on the way, in words, when asked', async () => {
      const session = await signUp(service);
      const viewer = await memberIn(service, session, 'viewer');
      const answer = await world.mine(viewer.ctx, '');
      expect(answer).toMatchObject({ status: 'active', planTier: 'trial', role: 'viewer' });
      expect(answer.capabilities.find(({ capability }) => capability === 'leads.import')).toEqual({
        capability: 'leads.import',
        allowed: false,
        decidedBy: 'role',
        trail: [
          { rule: 'tenant_status', passed: true, text: 'The team is active.' },
          { rule: 'plan', passed: true, text: 'The trial plan includes Import of leads.' },
          { rule: 'tenant_feature', passed: true, text: 'Import of leads is by default on for the team.' },
          { rule: 'denial', passed: true, text: 'Nobody took it from you.' },
          { rule: 'role', passed: false, text: 'The role viewer does not include leads.import.' },
        ],
      });
      expect((await world.mine(viewer.ctx)).capabilities[0]).not.toHaveProperty('trail');
      expect(await codeOf(world.mine(signedIn(await signUp(service), 'viewer', { userId: newId() })))).toBe(
        'account.not_a_member',
      );
    });
  });

  describe('as snapshots', () => {
    it('come back by themselves when the broker has lost them', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      await world.published(tenantId, () => true);
      const { kv } = await world.bucket.open();
      await kv.destroy();
      await world.published(tenantId, ({ status }) => status === 'active');
    });

    it('wait for the broker with the change that they are about, and follow it when it is back', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'agent');
      await world.published(tenantId, () => true);
      await service.nats.down('SIGKILL');
      const rights = service.running.app.get(MemberRightsService);
      await rights.set(signedIn(session), { userId, capability: 'leads.delete', allowed: true });
      await service.nats.up();
      await world.published(tenantId, ({ rights: personal }) => personal[userId]?.['leads.delete'] === true);
    });

    it('are all published anew on command, over whatever is there', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { version } = await world.published(tenantId, () => true);
      const { snapshot } = (await world.bucket.tenant(tenantId)) as { snapshot: TenantSnapshot };
      await world.bucket.putTenant({ ...snapshot, version: version + 1_000, status: 'suspended' });
      const { tenants } = await service.client(operatorRightsApi).republish(operator(), {});
      expect(tenants).toBeGreaterThan(0);
      expect((await world.bucket.tenant(tenantId))?.snapshot).toEqual(snapshot);
    });

    it('are what a service is told that finds none', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const told = await service.client(entitlementsApi).snapshot(systemCtx(tenantId), {});
      expect(parseSnapshot<TenantSnapshot>(told.tenant ?? '')).toMatchObject({ tenantId, status: 'active' });
      expect(await service.client(entitlementsApi).snapshot(systemCtx(newId()), {})).toMatchObject({
        tenant: null,
      });
    });

    it('rise in version with every change, however it was made', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const version = async () => {
        const { tenant } = await service.client(entitlementsApi).snapshot(systemCtx(tenantId), {});
        return parseSnapshot<TenantSnapshot>(tenant ?? '')?.version ?? 0;
      };
      const before = await version();
      await service.database.query(
        `INSERT INTO identity.tenant_features (id, tenant_id, feature_key, enabled) VALUES ($1, $2, 'lead_import', false)`,
        [newId(), tenantId],
      );
      expect(await version()).toBe(before + 1);
      await service.database.query(`UPDATE identity.tenants SET name = 'Other' WHERE id = $1`, [tenantId]);
      expect(await version()).toBe(before + 1);
      await service.database.query(`UPDATE identity.tenants SET plan_tier = 'growth' WHERE id = $1`, [
        tenantId,
      ]);
      expect(await version()).toBe(before + 2);
    });
  });
});
