import {
  entitlementsApi,
  featuresApi,
  flagsApi,
  memberRightsApi,
  membersApi,
  operatorRightsApi,
  operatorsApi,
  RightsChanged,
  type SessionTokens,
} from '@leadwire/contracts';
import { parseSnapshot, SnapshotBucket, type TenantSnapshot } from '@leadwire/entitlements';
import { newId, systemCtx } from '@leadwire/kernel';
import { eventually, type TestService } from '@leadwire/testing';
import { memberIn, signedIn, signUp, startIdentity, travel } from './identity-client.js';

describe('rights', () => {
  let service: TestService;
  let bucket: SnapshotBucket;

  beforeAll(async () => {
    service = await startIdentity();
    bucket = new SnapshotBucket(service.connection);
  });
  afterAll(() => service.stop());

  const operator = () => systemCtx('');
  const changes = (tenantId: string) => service.events(RightsChanged, tenantId);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
  const published = (tenantId: string, check: (snapshot: TenantSnapshot) => boolean) =>
    eventually(async () => {
      const stored = await bucket.tenant(tenantId);
      return stored && check(stored.snapshot) && stored.snapshot;
    });
  const launchOf = async (ctx: Parameters<typeof mine>[0]) =>
    (await mine(ctx)).capabilities.find(({ capability }) => capability === 'campaigns.launch');
  const mine = (ctx: ReturnType<typeof signedIn>, explain?: string) =>
    service.client(entitlementsApi).mine(ctx, explain === undefined ? {} : { explain });

  describe('to features', () => {
    const features = () => service.client(featuresApi);
    const find = async (session: SessionTokens, key: string) =>
      (await features().list(signedIn(session, 'viewer'), {})).items.find((item) => item.key === key);

    it('are read by every member, and switched by the owner where they are optional', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      expect(await find(session, 'email_campaigns')).toEqual({
        key: 'email_campaigns',
        title: 'E-mail campaigns',
        inPlan: true,
        enabled: true,
        optional: true,
        switchedBy: null,
        switchedAt: null,
      });
      const off = { featureKey: 'email_campaigns', enabled: false };
      expect(await features().update(signedIn(session), off)).toMatchObject({
        enabled: false,
        switchedBy: 'owner',
      });
      await features().update(signedIn(session), off);
      expect(await changes(tenantId)).toMatchObject([
        { data: { kind: 'feature', key: 'email_campaigns', userId: null } },
      ]);
      await published(tenantId, (snapshot) => snapshot.features['email_campaigns'] === false);
      expect(await launchOf(signedIn(session))).toMatchObject({
        allowed: false,
        decidedBy: 'tenant_feature',
      });
    });

    it('are switched by nobody else, and only as the plan and the operator leave it', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const update = (featureKey: string, enabled: boolean, role: 'owner' | 'admin' = 'owner') =>
        codeOf(features().update(signedIn(session, role), { featureKey, enabled }));
      expect(await update('lead_import', false, 'admin')).toBe('request.forbidden');
      expect(await update('live_events', false)).toBe('feature.not_optional');
      expect(await update('constructor', false)).toBe('feature.not_found');
      const operators = service.client(operatorRightsApi);
      await operators.switchFeature(operator(), { tenantId, featureKey: 'lead_import', enabled: false });
      expect(await update('lead_import', true)).toBe('feature.switched_by_operator');
      await operators.switchFeature(operator(), { tenantId, featureKey: 'lead_import', enabled: true });
      expect(await update('lead_import', false)).toBe('ok');
      await service.client(operatorsApi).setPlan(operator(), { tenantId, planTier: 'starter' });
      expect(await update('api_keys', true)).toBe('feature.not_in_plan');
      expect(await find(session, 'api_keys')).toMatchObject({ inPlan: false });
      const strange = { tenantId: newId(), featureKey: 'lead_import', enabled: false };
      expect(await codeOf(operators.switchFeature(operator(), strange))).toBe('tenant.not_found');
    });

    it('follow plan and status of the team into its snapshot', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const first = await published(tenantId, ({ planTier }) => planTier === 'trial');
      const operators = service.client(operatorsApi);
      await operators.setPlan(operator(), { tenantId, planTier: 'growth' });
      await published(tenantId, ({ planTier, version }) => planTier === 'growth' && version > first.version);
      await operators.suspendTenant(operator(), { tenantId, reason: 'unpaid' });
      await published(tenantId, ({ status }) => status === 'suspended');
    });
  });

  describe('of single members', () => {
    const rights = () => service.client(memberRightsApi);

    it('are given beyond the role, taken although the role has them, and left to the role again', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const agent = await memberIn(service, session, 'agent');
      const { userId } = agent;
      const given = await rights().set(signedIn(session), {
        userId,
        capability: 'campaigns.launch',
        allowed: true,
        reason: 'covers for Sam',
      });
      expect(given.rights.find(({ capability }) => capability === 'campaigns.launch')).toEqual({
        capability: 'campaigns.launch',
        feature: 'email_campaigns',
        allowed: true,
        decidedBy: 'grant',
        personal: true,
        reason: 'covers for Sam',
        changedBy: session.user.id,
        changedAt: expect.any(String),
      });
      expect(await launchOf(agent.ctx)).toMatchObject({ allowed: true, decidedBy: 'grant' });
      await rights().set(signedIn(session), { userId, capability: 'leads.write', allowed: false });
      const snapshot = await published(tenantId, ({ rights }) => rights[userId]?.['leads.write'] === false);
      expect(snapshot.rights).toEqual({ [userId]: { 'campaigns.launch': true, 'leads.write': false } });
      await rights().unset(signedIn(session), { userId, capability: 'leads.write' });
      await rights().unset(signedIn(session), { userId, capability: 'leads.write' });
      await published(tenantId, ({ rights }) => rights[userId]?.['leads.write'] === undefined);
      expect((await changes(tenantId)).map(({ data }) => data['key'])).toEqual([
        'campaigns.launch',
        'leads.write',
        'leads.write',
      ]);
    });

    it('said again change nothing and are announced to nobody', async () => {
      const session = await signUp(service);
      const { userId } = await memberIn(service, session, 'agent');
      const grant = { userId, capability: 'leads.import', allowed: true };
      await Promise.all([1, 2, 3].map(() => rights().set(signedIn(session), grant)));
      expect(await changes(session.tenant.id)).toHaveLength(1);
    });

    it('are given by nobody who lacks them, not even by lifting a denial', async () => {
      const session = await signUp(service);
      const admin = await memberIn(service, session, 'admin');
      const other = await memberIn(service, session, 'admin');
      const { userId } = other;
      const set = (ctx: typeof admin.ctx, capability: string, allowed: boolean) =>
        codeOf(rights().set(ctx, { userId, capability, allowed }));
      expect(await set(admin.ctx, 'billing.topup', true)).toBe('right.not_yours_to_give');
      expect(await set(signedIn(session), 'leads.delete', false)).toBe('ok');
      const without = signedIn(admin.own, 'admin', {
        tenantId: session.tenant.id,
        capabilities: new Set(['rights.write', 'rights.read']),
      });
      expect(await set(without, 'leads.delete', true)).toBe('right.not_yours_to_give');
      expect(await codeOf(rights().unset(without, { userId, capability: 'leads.delete' }))).toBe(
        'right.not_yours_to_give',
      );
      expect((await rights().get(admin.ctx, { userId })).rights).toContainEqual(
        expect.objectContaining({ capability: 'leads.delete', allowed: false, decidedBy: 'denial' }),
      );
    });

    it('are nobody’s own to change, and an owner’s nobody’s', async () => {
      const session = await signUp(service);
      const admin = await memberIn(service, session, 'admin');
      const set = (userId: string, allowed: boolean) =>
        codeOf(rights().set(admin.ctx, { userId, capability: 'leads.read', allowed }));
      expect(await set(admin.userId, true)).toBe('right.own_rights');
      expect(await set(session.user.id, false)).toBe('right.owner_rights');
      expect(
        await codeOf(rights().unset(admin.ctx, { userId: admin.userId, capability: 'leads.read' })),
      ).toBe('right.own_rights');
    });

    it('need the right to change them, a member of this team, and a right that exists', async () => {
      const session = await signUp(service);
      const stranger = await signUp(service);
      const agent = await memberIn(service, session, 'agent');
      const grant = { userId: agent.userId, capability: 'leads.read', allowed: false };
      const ref = { userId: agent.userId, capability: 'leads.read' };
      for (const role of ['manager', 'agent', 'viewer'] as const) {
        expect(await codeOf(rights().set(signedIn(session, role), grant))).toBe('request.forbidden');
        expect(await codeOf(rights().get(signedIn(session, role), { userId: agent.userId }))).toBe(
          'request.forbidden',
        );
      }
      expect(await codeOf(rights().set(signedIn(stranger), grant))).toBe('member.not_found');
      expect(await codeOf(rights().get(signedIn(stranger), { userId: agent.userId }))).toBe(
        'member.not_found',
      );
      expect(await codeOf(rights().unset(signedIn(stranger), ref))).toBe('member.not_found');
      const ctx = signedIn(session);
      expect(await codeOf(rights().set(ctx, { ...grant, capability: 'toString' }))).toBe(
        'right.capability_not_found',
      );
      expect(await codeOf(rights().set(ctx, { ...grant, allowed: 'no' } as never))).toBe('request.invalid');
      expect(await codeOf(rights().set(ctx, { ...grant, reason: 'x'.repeat(201) }))).toBe('request.invalid');
      expect(await changes(session.tenant.id)).toEqual([]);
    });

    it('end when the member leaves, and do not wait for their return', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'agent');
      await rights().set(signedIn(session), { userId, capability: 'leads.delete', allowed: true });
      await published(tenantId, ({ rights }) => rights[userId] !== undefined);
      await service.client(membersApi).remove(signedIn(session), { userId });
      await published(tenantId, ({ rights }) => rights[userId] === undefined);
    });

    it('that were taken come back to who becomes an owner', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'admin');
      await rights().set(signedIn(session), { userId, capability: 'leads.delete', allowed: false });
      await published(tenantId, ({ rights }) => rights[userId] !== undefined);
      await service.client(membersApi).update(signedIn(session), { userId, role: 'owner' });
      await published(tenantId, ({ rights }) => rights[userId] === undefined);
    });
  });

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
      const snapshot = await published(tenantId, ({ userFlags }) => userFlags['new_inbox'] !== undefined);
      expect(snapshot.flags).toEqual({ new_inbox: { on: false } });
      const everybody = await eventually(() => bucket.everybody());
      expect(everybody.snapshot.flags['new_inbox']).toEqual({ on: true, config });
    });

    it('are said with value, reason and the row that decided, and end when they expire', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      await operators().setFlag(operator(), { key: 'beta', tenantId, enabled: true, expiresAt });
      const beta = async () => (await mine(signedIn(session), '')).flags.find(({ flag }) => flag === 'beta');
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
      await eventually(async () => !(await bucket.everybody())?.snapshot.flags[key]);
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
      const answer = await mine(viewer.ctx, '');
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
      expect((await mine(viewer.ctx)).capabilities[0]).not.toHaveProperty('trail');
      expect(await codeOf(mine(signedIn(await signUp(service), 'viewer', { userId: newId() })))).toBe(
        'account.not_a_member',
      );
    });
  });

  describe('as snapshots', () => {
    it('come back by themselves when the broker has lost them', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      await published(tenantId, () => true);
      const { kv } = await bucket.open();
      await kv.destroy();
      await published(tenantId, ({ status }) => status === 'active');
    });

    it('are all published anew on command, over whatever is there', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { version } = await published(tenantId, () => true);
      const { snapshot } = (await bucket.tenant(tenantId)) as { snapshot: TenantSnapshot };
      await bucket.putTenant({ ...snapshot, version: version + 1_000, status: 'suspended' });
      const { tenants } = await service.client(operatorRightsApi).republish(operator(), {});
      expect(tenants).toBeGreaterThan(0);
      expect((await bucket.tenant(tenantId))?.snapshot).toEqual(snapshot);
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
