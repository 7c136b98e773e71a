import { tenantsApi, TenantUpdated, type TenantsApi } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, type TestService } from '@leadwire/testing';
import pg from 'pg';
import { signedIn, signUp, startIdentity, travel } from './identity-client.js';

describe('the tenant', () => {
  let service: TestService;
  let tenants: TenantsApi;

  beforeAll(async () => {
    service = await startIdentity();
    tenants = service.client(tenantsApi);
  });
  afterAll(() => service.stop());

  it('is read by every role of its members', async () => {
    const session = await signUp(service);
    expect(await tenants.get(signedIn(session, 'viewer'), {})).toEqual({
      ...session.tenant,
      metadata: {},
      version: 1,
    });
  });

  it('is changed field by field, and announced with a rising version', async () => {
    const session = await signUp(service);
    const ctx = signedIn(session, 'admin');
    const changed = await tenants.update(ctx, {
      name: 'Acme Ltd',
      website: 'https://acme.example',
      phone: '+49 30 1234',
    });
    expect(changed).toMatchObject({
      name: 'Acme Ltd',
      website: 'https://acme.example',
      phone: '+49 30 1234',
      slug: session.tenant.slug,
    });
    expect(await tenants.update(ctx, { phone: null })).toMatchObject({
      name: 'Acme Ltd',
      phone: null,
      website: 'https://acme.example',
    });
    await tenants.update(ctx, { name: 'Acme Ltd' });
    expect(await tenants.get(ctx, {})).toMatchObject({ name: 'Acme Ltd', phone: null });
    expect(await service.events(TenantUpdated, session.tenant.id)).toMatchObject([
      { aggregateId: session.tenant.id, data: { name: 'Acme Ltd', status: 'active', planTier: 'trial' } },
      { data: { name: 'Acme Ltd' } },
    ]);
    const versions = await service.database.query<{ version: string }>(
      `SELECT metadata->>'version' AS version FROM identity.domain_events WHERE aggregate_id = $1 ORDER BY seq`,
      [session.tenant.id],
    );
    expect(versions.map(({ version }) => version)).toEqual(['1', '2', '3']);
  });

  it('is not changed without the right', async () => {
    const session = await signUp(service);
    for (const role of ['manager', 'agent', 'viewer'] as const) {
      await expect(tenants.update(signedIn(session, role), { name: 'Mine now' })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    }
    expect((await tenants.get(signedIn(session), {})).name).toBe(session.tenant.name);
  });

  it('keeps what its own tools note about it, replaced as a whole', async () => {
    const ctx = signedIn(await signUp(service));
    await tenants.update(ctx, { metadata: { crm: { id: 7 }, tags: ['a'] } });
    expect(await tenants.update(ctx, { metadata: { crm: null } })).toMatchObject({
      metadata: { crm: null },
      version: 3,
    });
    expect((await tenants.get(ctx, {})).metadata).toEqual({ crm: null });
  });

  it('is left alone by who read an older version', async () => {
    const ctx = signedIn(await signUp(service));
    const { version } = await tenants.update(ctx, { name: 'First' });
    const outcomes = await Promise.allSettled([
      tenants.update(ctx, { name: 'Second', version }),
      tenants.update(ctx, { name: 'Third', version }),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'tenant.changed_meanwhile', details: { extras: { version: version + 1 } } },
    });
  });

  describe('and its slug', () => {
    afterEach(() => travel(service, 0));

    it('changes once a day, to one that is free', async () => {
      const ctx = signedIn(await signUp(service));
      expect(await tenants.update(ctx, { slug: 'fresh-slug' })).toMatchObject({ slug: 'fresh-slug' });
      await expect(tenants.update(ctx, { slug: 'fresher-slug' })).rejects.toMatchObject({
        code: 'tenant.slug_changed_lately',
        details: { retryAfterSeconds: expect.closeTo(86_400, -1) },
      });
      travel(service, 86_500_000);
      expect(await tenants.update(ctx, { slug: 'fresher-slug' })).toMatchObject({ slug: 'fresher-slug' });
    });

    it('is refused when another team has it, also when both ask at once, and when it is reserved', async () => {
      const [one, other] = await Promise.all([signUp(service), signUp(service)]);
      await expect(tenants.update(signedIn(one), { slug: other.tenant.slug })).rejects.toMatchObject({
        code: 'tenant.slug_taken',
      });
      await expect(tenants.update(signedIn(one), { slug: 'admin' })).rejects.toMatchObject({
        code: 'tenant.slug_reserved',
      });
      const outcomes = await Promise.allSettled(
        [one, other].map((session) => tenants.update(signedIn(session), { slug: 'wanted-by-both' })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'tenant.slug_taken' },
      });
    });
  });

  it('of nobody is not found', async () => {
    await expect(tenants.get(caller(), {})).rejects.toMatchObject({ code: 'tenant.not_found' });
    await expect(tenants.update(caller(), { name: 'Ghost' })).rejects.toMatchObject({
      code: 'tenant.not_found',
    });
  });

  it.each([
    ['an empty name', { name: '' }, '/name'],
    ['no name', { name: null }, '/name'],
    ['a slug that is no address label', { slug: '-mine' }, '/slug'],
    ['a slug that is too short', { slug: 'me' }, '/slug'],
    ['metadata that is no object', { metadata: ['x'] }, '/metadata'],
    ['too much metadata', { metadata: { text: 'x'.repeat(17_000) } }, '/metadata'],
    ['a plan', { planTier: 'enterprise' }, '/planTier'],
    ['a status', { status: 'active' }, '/status'],
    ['a website that runs code', { website: 'javascript:alert(1)' }, '/website'],
  ])('refuses %s', async (_, input, pointer) => {
    await expect(tenants.update(signedIn(await signUp(service)), input as never)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  describe("in the database, as the service's own role", () => {
    let client: pg.Client;
    beforeAll(async () => {
      client = new pg.Client({ connectionString: service.database.url('identity', 'app') });
      await client.connect();
    });
    afterAll(() => client.end());

    /** Ids of `table` that a transaction sees with these settings. */
    const seen = async (table: string, settings: Record<string, string>) => {
      await client.query('BEGIN');
      for (const [name, value] of Object.entries(settings))
        await client.query('SELECT set_config($1, $2, true)', [name, value]);
      const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${table}`);
      await client.query('ROLLBACK');
      return rows.map(({ id }) => id);
    };

    it('is invisible without a tenant, and alone with one', async () => {
      const [one] = await Promise.all([signUp(service), signUp(service)]);
      for (const table of ['tenants', 'memberships']) expect(await seen(table, {})).toEqual([]);
      expect(await seen('tenants', { 'app.tenant_id': one.tenant.id })).toEqual([one.tenant.id]);
      expect(await seen('memberships', { 'app.tenant_id': one.tenant.id })).toHaveLength(1);
    });

    it('shows a person before log-in only where they themselves belong, and lets them write nothing', async () => {
      const [one, other] = await Promise.all([signUp(service), signUp(service)]);
      const asOne = { 'app.user_id': one.user.id };
      expect(await seen('tenants', asOne)).toEqual([one.tenant.id]);
      expect(await seen('memberships', asOne)).toHaveLength(1);
      await client.query('BEGIN');
      await client.query('SELECT set_config($1, $2, true)', ['app.user_id', one.user.id]);
      const raised = await client.query(`UPDATE memberships SET role = 'owner' WHERE user_id = $1`, [
        one.user.id,
      ]);
      expect(raised.rowCount).toBe(0);
      await expect(
        client.query('INSERT INTO memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)', [
          newId(),
          other.tenant.id,
          one.user.id,
          'owner',
        ]),
      ).rejects.toThrow(/row-level security/);
      await client.query('ROLLBACK');
    });

    it('has forced row-level security on every table that names a tenant', async () => {
      const open = await service.database.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
         WHERE c.relnamespace = 'identity'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity
             AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))`,
      );
      expect(open).toEqual([]);
    });
  });
});
