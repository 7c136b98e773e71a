import {
  entitlementsApi,
  featuresApi,
  memberRightsApi,
  membersApi,
  operatorRightsApi,
  operatorsApi,
  PERSONAL_RIGHTS_PER_TENANT_MAX,
  SNAPSHOT_BYTES_MAX,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId, systemCtx } from '@leadwire/kernel';
import { type TestService } from '@leadwire/testing';
import { memberIn, signedIn, signUp } from './identity-client.js';
import { codeOf, operator, RightsWorld } from './rights-world.js';

describe('rights', () => {
  let world: RightsWorld;
  let service: TestService;

  beforeAll(async () => {
    world = await RightsWorld.start();
    ({ service } = world);
  });
  afterAll(() => service.stop());

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
        firstSwitchedAt: null,
        limits: {},
        personalRights: 0,
      });
      const off = { featureKey: 'email_campaigns', enabled: false };
      expect(await features().update(signedIn(session), off)).toMatchObject({
        enabled: false,
        switchedBy: 'owner',
      });
      await features().update(signedIn(session), off);
      expect(await world.changes(tenantId)).toMatchObject([
        { data: { kind: 'feature', key: 'email_campaigns', userId: null } },
      ]);
      await world.published(tenantId, (snapshot) => snapshot.features['email_campaigns'] === false);
      expect(await world.launchOf(signedIn(session))).toMatchObject({
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

    it('are limited by operators, which everybody who may see the feature sees', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const operators = service.client(operatorRightsApi);
      const limit = (limits: Record<string, number>, featureKey = 'lead_import') =>
        operators.switchFeature(operator(), { tenantId, featureKey, enabled: true, limits });
      expect(await limit({ rowsPerImport: 500 })).toMatchObject({ limits: { rowsPerImport: 500 } });
      expect(await find(session, 'lead_import')).toMatchObject({ limits: { rowsPerImport: 500 } });
      await features().update(signedIn(session), { featureKey: 'lead_import', enabled: false });
      await world.published(tenantId, ({ limits }) => limits?.['lead_import']?.['rowsPerImport'] === 500);
      expect(await limit({})).toMatchObject({ limits: {}, enabled: true });
      expect(await codeOf(limit({ rowsPerImport: -1 }))).toBe('request.invalid');
      expect(await codeOf(limit({ rowsPerHour: 1 }))).toBe('request.invalid');
      expect(await codeOf(limit({ rowsPerImport: 1 }, 'live_events'))).toBe('request.invalid');
    });

    it('follow plan and status of the team into its snapshot', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const first = await world.published(tenantId, ({ planTier }) => planTier === 'trial');
      const operators = service.client(operatorsApi);
      await operators.setPlan(operator(), { tenantId, planTier: 'growth' });
      await world.published(
        tenantId,
        ({ planTier, version }) => planTier === 'growth' && version > first.version,
      );
      await operators.suspendTenant(operator(), { tenantId, reason: 'unpaid' });
      await world.published(tenantId, ({ status }) => status === 'suspended');
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
      const { items } = await service.client(featuresApi).list(signedIn(session), {});
      expect(items.map(({ key, personalRights }) => [key, personalRights])).toContainEqual([
        'email_campaigns',
        1,
      ]);
      expect(given.rights.find(({ capability }) => capability === 'campaigns.launch')).toEqual({
        capability: 'campaigns.launch',
        feature: 'email_campaigns',
        allowed: true,
        decidedBy: 'grant',
        personal: true,
        reason: 'covers for Sam',
        changedBy: session.user.id,
        changedAt: expect.any(String),
        personalSince: expect.any(String),
      });
      expect(await world.launchOf(agent.ctx)).toMatchObject({ allowed: true, decidedBy: 'grant' });
      await rights().set(signedIn(session), { userId, capability: 'leads.write', allowed: false });
      const snapshot = await world.published(
        tenantId,
        ({ rights }) => rights[userId]?.['leads.write'] === false,
      );
      expect(snapshot.rights).toEqual({ [userId]: { 'campaigns.launch': true, 'leads.write': false } });
      await rights().unset(signedIn(session), { userId, capability: 'leads.write' });
      await rights().unset(signedIn(session), { userId, capability: 'leads.write' });
      await world.published(tenantId, ({ rights }) => rights[userId]?.['leads.write'] === undefined);
      expect((await world.changes(tenantId)).map(({ data }) => data['key'])).toEqual([
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
      expect(await world.changes(session.tenant.id)).toHaveLength(1);
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

    it('of whoever stands above are not to be changed by one who was only given the right to', async () => {
      const session = await signUp(service);
      const [admin, agent] = [
        await memberIn(service, session, 'admin'),
        await memberIn(service, session, 'agent'),
      ];
      const right = { userId: agent.userId, capability: 'rights.write', allowed: true };
      await rights().set(signedIn(session), right);
      const given = { userId: admin.userId, capability: 'billing.topup' };
      await rights().set(signedIn(session), { ...given, allowed: true });
      const ctx = { ...agent.ctx, capabilities: new Set([...agent.ctx.capabilities, 'rights.write']) };
      const deny = { userId: admin.userId, capability: 'leads.read', allowed: false };
      expect(await codeOf(rights().set(ctx, deny))).toBe('member.above_you');
      expect(await codeOf(rights().unset(ctx, given))).toBe('member.above_you');
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
      expect(await world.changes(session.tenant.id)).toEqual([]);
    });

    it('are bounded for each team, because all of them travel in its snapshot', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'agent');
      await service.database.query(
        `INSERT INTO identity.user_capabilities (id, tenant_id, user_id, capability_key, enabled)
         SELECT gen_random_uuid(), $1, $2, 'old-right-' || n, true FROM generate_series(1, $3::int) n`,
        [tenantId, userId, PERSONAL_RIGHTS_PER_TENANT_MAX],
      );
      const set = { userId, capability: 'leads.delete', allowed: true };
      expect(await codeOf(rights().set(signedIn(session), set))).toBe('right.too_many');
      expect(await world.changes(tenantId)).toEqual([]);
      const told = await service.client(entitlementsApi).snapshot(systemCtx(tenantId), {});
      expect(told.tenant?.length).toBeLessThan(SNAPSHOT_BYTES_MAX);
    });

    it('end when the member leaves, and do not wait for their return', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'agent');
      await rights().set(signedIn(session), { userId, capability: 'leads.delete', allowed: true });
      await world.published(tenantId, ({ rights }) => rights[userId] !== undefined);
      await service.client(membersApi).remove(signedIn(session), { userId });
      await world.published(tenantId, ({ rights }) => rights[userId] === undefined);
    });

    it('that were taken come back to who becomes an owner', async () => {
      const session = await signUp(service);
      const { id: tenantId } = session.tenant;
      const { userId } = await memberIn(service, session, 'admin');
      await rights().set(signedIn(session), { userId, capability: 'leads.delete', allowed: false });
      await world.published(tenantId, ({ rights }) => rights[userId] !== undefined);
      await service.client(membersApi).update(signedIn(session), { userId, role: 'owner' });
      await world.published(tenantId, ({ rights }) => rights[userId] === undefined);
    });
  });
});
