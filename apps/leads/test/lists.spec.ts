import {
  leadSelectionApi,
  leadsApi,
  type LeadSort,
  type LeadsApi,
  type ListLeads,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, TestService } from '@leadwire/testing';
import pg from 'pg';
import { leadsService } from '../src/leads.module.js';
import { migrations } from '../src/migrations/index.js';

const PEOPLE = [
  {
    firstName: 'Anna',
    lastName: 'Zimmer',
    email: 'anna@acme.example',
    companyName: 'Acme',
    priority: 1,
    estimatedValue: '100',
    currency: 'EUR',
  },
  {
    firstName: 'Bert',
    lastName: 'Müller',
    email: 'bert@globex.example',
    companyName: 'Globex',
    priority: 5,
    stage: 'won',
  },
  {
    firstName: 'Carla',
    companyName: 'Acme',
    phone: '+49 30 1111111',
    estimatedValue: '2500.50',
    currency: 'USD',
  },
  {
    firstName: 'Dora',
    lastName: 'Mustermann',
    email: 'dora.m@initech.example',
    status: 'nurturing',
    priority: 3,
  },
  {
    firstName: 'Emil',
    lastName: 'Abel',
    linkedinUrl: 'linkedin.com/in/emil',
    estimatedValue: '100',
    currency: 'EUR',
  },
] as const;

const SORTED_BY = [
  ['updated_at', 'now()', 'leads_by_update'],
  ['last_activity_at', 'now()', 'leads_by_activity'],
  ['last_name', `'Name5'`, 'leads_by_last_name'],
  ['priority', '1', 'leads_by_priority'],
  ['value_rank', '5000', 'leads_by_value'],
] as const;

describe('lists of leads', () => {
  let service: TestService;
  let leads: LeadsApi;
  let ctx: Ctx;

  beforeAll(async () => {
    service = await TestService.start(leadsService, { migrations });
    leads = service.client(leadsApi);
    ctx = caller();
    for (const person of PEOPLE) await leads.create(ctx, person);
  });
  afterAll(() => service.stop());

  const all = async (input: ListLeads, as = ctx) => {
    const names: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await leads.list(as, { ...input, ...(cursor ? { cursor } : {}) });
      names.push(...page.items.map(({ firstName }) => firstName));
      cursor = page.next ?? undefined;
    } while (cursor);
    return names.join(' ');
  };

  it('show the newest first and only the own team’s', async () => {
    expect(await all({})).toBe('Emil Dora Carla Bert Anna');
    expect(await all({}, caller())).toBe('');
  });

  it.each<[LeadSort, string, string]>([
    ['createdAt', 'Anna Bert Carla Dora Emil', 'Emil Dora Carla Bert Anna'],
    ['updatedAt', 'Anna Bert Carla Dora Emil', 'Emil Dora Carla Bert Anna'],
    ['lastName', 'Emil Bert Dora Anna Carla', 'Anna Dora Bert Emil Carla'],
    ['priority', 'Anna Dora Bert Carla Emil', 'Bert Dora Anna Emil Carla'],
    ['estimatedValue', 'Anna Emil Carla Bert Dora', 'Carla Emil Anna Dora Bert'],
    ['lastActivityAt', 'Anna Bert Carla Dora Emil', 'Emil Dora Carla Bert Anna'],
  ])(
    'sort by %s, leads without one last, and page without gap or repeat',
    async (sort, ascending, descending) => {
      for (const limit of [1, 2, 3, 5]) {
        expect(await all({ sort, order: 'asc', limit })).toBe(ascending);
        expect(await all({ sort, order: 'desc', limit })).toBe(descending);
      }
    },
  );

  it.each<[string, ListLeads, string]>([
    ['stage', { stage: 'won' }, 'Bert'],
    ['status', { status: 'nurturing' }, 'Dora'],
    [
      'moment of creation',
      { createdAfter: '2020-01-01T00:00:00Z', createdBefore: '2020-01-02T00:00:00Z' },
      '',
    ],
    ['the beginning of a word', { q: 'acm' }, 'Carla Anna'],
    ['several words in any order', { q: 'ACME ann' }, 'Anna'],
    ['an e-mail address', { q: 'dora.m@initech.example' }, 'Dora'],
    ['a letter beyond ASCII', { q: 'müll' }, 'Bert'],
    ['a misspelt last name', { q: 'Mustremann' }, 'Dora'],
    ['operators of the query language', { q: "& | ! ( ' :* <->" }, ''],
    ['search and filter together', { q: 'acme', stage: 'won' }, ''],
    ['assignee', { assignedUserId: newId() }, ''],
    ['import', { importId: newId() }, ''],
  ])('filter by %s', async (_, input, expected) => {
    expect(await all(input)).toBe(expected);
  });

  it.each([
    ['an apostrophe', "O'Brien", 'brien'],
    ['a typographic apostrophe', 'D’Arcy', 'arcy'],
    ['a sign after the word', 'Nordwind®', 'nordwind'],
    ['capitals beyond ASCII', 'ÖZGÜR', 'özg'],
    ['vowel signs', 'हिन्दी समाचार', 'हिन्दी'],
    ['brackets', '(Contoso)', 'contoso'],
  ])('find a company by its words, past %s', async (_, companyName, q) => {
    const own = caller();
    await leads.create(own, { firstName: 'Found', companyName });
    expect(await all({ q }, own)).toBe('Found');
  });

  it('leave archived leads out, or show only them', async () => {
    const own = caller();
    const { id: leadId } = await leads.create(own, { firstName: 'Away' });
    await leads.create(own, { firstName: 'Here' });
    await leads.archive(own, { leadId });
    expect(await all({}, own)).toBe('Here');
    expect(await all({ archived: true }, own)).toBe('Away');
  });

  it.each<[string, ListLeads, Ctx | undefined]>([
    ['another filter', { limit: 2, stage: 'new' }, undefined],
    ['another order', { limit: 2, order: 'asc' }, undefined],
    ['another team', { limit: 2 }, caller()],
  ])('refuse a cursor made for %s', async (_, input, as) => {
    const { next } = await leads.list(ctx, { limit: 2 });
    await expect(leads.list(as ?? ctx, { ...input, cursor: next as string })).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer: '/cursor' }] },
    });
  });

  it('end early rather than grow beyond a message', async () => {
    const own = caller();
    const customFields = { blob: 'x'.repeat(15_000) };
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        leads.create(own, { firstName: `L${i}`, notes: 'n'.repeat(9_000), customFields }),
      ),
    );
    const page = await leads.list(own, { limit: 60 });
    expect(page.items.length).toBeLessThan(60);
    expect(new Set((await all({ limit: 60 }, own)).split(' ')).size).toBe(60);
  });

  describe('resolved for campaigns', () => {
    const resolve = (as: Ctx, input: object) => service.client(leadSelectionApi).resolve(as, input);
    const namesOf = (page: { items: { lead: { firstName: string | null } }[] }) =>
      page.items.map(({ lead }) => lead.firstName).join(' ');

    it('give version and snapshot, oldest first', async () => {
      const page = await resolve(ctx, {});
      expect(namesOf(page)).toBe('Anna Bert Carla Dora Emil');
      expect(page.items[0]).toMatchObject({
        version: 1,
        lead: { email: 'anna@acme.example', customFields: {} },
      });
      expect(page.next).toBeNull();
    });

    it('page, filter, keep to given ids, and leave out who has no address', async () => {
      const first = await resolve(ctx, { withEmail: true, limit: 2 });
      const second = await resolve(ctx, { withEmail: true, limit: 2, cursor: first.next });
      expect(`${namesOf(first)} | ${namesOf(second)}`).toBe('Anna Bert | Dora');
      expect(namesOf(await resolve(ctx, { filter: { q: 'acme' } }))).toBe('Anna Carla');
      const leadIds = [first.items[1]?.leadId, newId()];
      expect(namesOf(await resolve(ctx, { leadIds }))).toBe('Bert');
      expect(namesOf(await resolve(caller(), { leadIds }))).toBe('');
    });

    it('need the right to read', async () => {
      await expect(resolve(caller('viewer', { capabilities: new Set() }), {})).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });

  it('are read through their indexes, under row-level security', async () => {
    const own = newId();
    await service.database.query(
      `INSERT INTO leads.leads (id, tenant_id, stage, status, first_name, last_name, email, priority, estimated_value, currency, last_activity_at)
       SELECT uuidv7(), $1, 'new', 'open', 'F', 'Name' || i, 'user' || i || '@x.example', i % 5, i, 'EUR', now() - i * interval '1 minute'
       FROM generate_series(1, 20000) i`,
      [own],
    );
    await service.database.query('VACUUM ANALYZE leads.leads');
    const plans = await plansAsApp(own);
    for (const { index, plan } of plans) {
      expect(plan).toContain(index);
      expect(plan).toMatch(/Index Cond":"[^}]*ROW\(/);
      expect(plan).not.toContain('"Sort"');
    }
    expect(await searchPlan(own)).toContain('leads_search');
  });

  // Superusers are not held by row-level security; the service's role is, and plans otherwise.
  async function plansAsApp(tenantId: string): Promise<{ index: string; plan: string }[]> {
    const client = new pg.Client({ connectionString: service.database.url('leads', 'app') });
    await client.connect();
    try {
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId]);
      const plans: { index: string; plan: string }[] = [];
      for (const [column, value, index] of SORTED_BY) {
        const { rows } = await client.query(`
          EXPLAIN (FORMAT JSON)
          SELECT id FROM leads
          WHERE tenant_id = '${tenantId}' AND NOT is_deleted AND NOT is_archived AND ${column} IS NOT NULL
            AND (${column}, id) < (${value}, '${newId()}')
          ORDER BY ${column} DESC, id DESC LIMIT 26`);
        plans.push({ index, plan: JSON.stringify(rows[0]) });
      }
      return plans;
    } finally {
      await client.end();
    }
  }

  // What search_leads() asks, as whom it asks.
  async function searchPlan(tenantId: string): Promise<string> {
    const client = new pg.Client({ connectionString: service.database.adminUrl });
    await client.connect();
    try {
      await client.query('SET ROLE leads_owner');
      await client.query('SET search_path = leads, public');
      const { rows } = await client.query(`
        EXPLAIN (FORMAT JSON)
        SELECT id FROM leads
        WHERE tenant_id = '${tenantId}' AND NOT is_deleted AND (search @@ 'user77:*'::tsquery OR last_name % 'user77')`);
      return JSON.stringify(rows[0]);
    } finally {
      await client.end();
    }
  }
});
