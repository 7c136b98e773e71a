import {
  featuresApi,
  flagsApi,
  invitationsApi,
  memberRightsApi,
  membersApi,
  operatorRightsApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { systemCtx } from '@leadwire/kernel';
import type { TestService } from '@leadwire/testing';
import { memberIn, signedIn, signUp, startIdentity } from './identity-client.js';

/** Long before anything else of a spec, so that it is none of the other dates. */
const LONG_AGO = '2026-01-02T03:04:05.678Z';

describe('lists show since when something is there, and when it last changed', () => {
  let service: TestService;
  let session: SessionTokens;
  let agent: Awaited<ReturnType<typeof memberIn>>;
  beforeAll(async () => {
    service = await startIdentity();
    session = await signUp(service);
    agent = await memberIn(service, session, 'agent');
  });
  afterAll(() => service.stop());

  const updatedAt = async (table: string, column: string, value: string) => {
    const [row] = await service.database.query<{ at: Date }>(
      `SELECT updated_at AS at FROM identity.${table} WHERE tenant_id = $1 AND ${column} = $2`,
      [session.tenant.id, value],
    );
    return row?.at.toISOString();
  };
  const madeLongAgo = (table: string, column: string, value: string) =>
    service.database.query(
      `UPDATE identity.${table} SET created_at = $3 WHERE tenant_id = $1 AND ${column} = $2`,
      [session.tenant.id, value, LONG_AGO],
    );

  it('of members', async () => {
    const { userId } = agent;
    const api = service.client(membersApi);
    await madeLongAgo('memberships', 'user_id', userId);
    await api.update(signedIn(session), { userId, role: 'viewer' });
    const { items } = await api.list(signedIn(session), {});
    expect(items.find((member) => member.userId === userId)).toMatchObject({
      joinedAt: LONG_AGO,
      updatedAt: await updatedAt('memberships', 'user_id', userId),
    });
  });

  it('of invitations', async () => {
    const api = service.client(invitationsApi);
    const email = 'dates@example.com';
    const { results } = await api.create(signedIn(session), { invitations: [{ email, role: 'agent' }] });
    await madeLongAgo('tenant_invitations', 'email', email);
    await api.revoke(signedIn(session), { invitationId: results[0]?.invitation?.id as string });
    const { items } = await api.list(signedIn(session), { status: 'revoked' });
    expect(items).toMatchObject([
      { createdAt: LONG_AGO, updatedAt: await updatedAt('tenant_invitations', 'email', email) },
    ]);
  });

  it('of features', async () => {
    const api = service.client(featuresApi);
    const featureKey = 'lead_import';
    await api.update(signedIn(session), { featureKey, enabled: false });
    await madeLongAgo('tenant_features', 'feature_key', featureKey);
    await api.update(signedIn(session), { featureKey, enabled: true });
    const { items } = await api.list(signedIn(session), {});
    expect(items.find(({ key }) => key === featureKey)).toMatchObject({
      firstSwitchedAt: LONG_AGO,
      switchedAt: await updatedAt('tenant_features', 'feature_key', featureKey),
    });
  });

  it('of flags', async () => {
    const operators = service.client(operatorRightsApi);
    const row = { key: 'dated', tenantId: session.tenant.id };
    await operators.setFlag(systemCtx(''), { ...row, enabled: false });
    await madeLongAgo('feature_flags', 'feature_key', 'dated');
    await operators.setFlag(systemCtx(''), { ...row, enabled: true });
    const dates = {
      key: 'dated',
      createdAt: LONG_AGO,
      updatedAt: await updatedAt('feature_flags', 'feature_key', 'dated'),
    };
    expect((await service.client(flagsApi).list(signedIn(session), {})).items).toMatchObject([dates]);
    const { items } = await operators.listFlags(systemCtx(''), { tenantId: row.tenantId });
    expect(items.filter(({ key }) => key === 'dated')).toMatchObject([dates]);
  });

  it('of personal rights', async () => {
    const api = service.client(memberRightsApi);
    const right = { userId: agent.userId, capability: 'leads.import' };
    await api.set(signedIn(session), { ...right, allowed: true });
    await madeLongAgo('user_capabilities', 'capability_key', right.capability);
    await api.set(signedIn(session), { ...right, allowed: false });
    const { rights } = await api.get(signedIn(session), { userId: right.userId });
    expect(rights.find(({ capability }) => capability === right.capability)).toMatchObject({
      personalSince: LONG_AGO,
      changedAt: await updatedAt('user_capabilities', 'capability_key', right.capability),
    });
    expect(rights.find(({ capability }) => capability === 'leads.read')).toMatchObject({
      personalSince: null,
    });
  });
});
