import {
  LeadCreated,
  LeadDeleted,
  leadsApi,
  LeadUpdated,
  type CreateLead,
  type Lead,
  type LeadsApi,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, modelFaults, NO_FAULTS, TestService } from '@leadwire/testing';
import { leadsService } from '../src/leads.module.js';
import { migrations } from '../src/migrations/index.js';

describe('leads', () => {
  let service: TestService;
  let leads: LeadsApi;

  beforeAll(async () => {
    service = await TestService.start(leadsService, { migrations });
    leads = service.client(leadsApi);
  });
  afterAll(() => service.stop());

  it('are kept in a schema that holds the required model', async () => {
    expect(await modelFaults(service.database, 'leads')).toEqual(NO_FAULTS);
  });

  describe('creating one', () => {
    it('keeps every field in its canonical form and announces it once', async () => {
      const ctx = caller();
      const lead = await leads.create(ctx, {
        firstName: ' Jane ',
        lastName: 'Doe',
        email: 'Jane.Doe@Example.com',
        phone: '0049 (30) 123 45 67',
        companyName: 'Acme',
        title: 'CTO',
        linkedinUrl: 'linkedin.com/in/jane-doe/?trk=x',
        stage: 'qualified',
        status: 'working',
        priority: 3,
        estimatedValue: '1234.5',
        currency: 'EUR',
        customFields: { city: 'Berlin', nothing: null },
        notes: 'met at a fair',
        nextFollowUpAt: '2027-01-02T10:00:00+01:00',
        assignedUserId: newId(),
      });
      expect(lead).toMatchObject({
        version: 1,
        firstName: 'Jane',
        email: 'Jane.Doe@Example.com',
        phone: '+49301234567',
        linkedinUrl: 'https://www.linkedin.com/in/jane-doe',
        stage: 'qualified',
        estimatedValue: '1234.500000',
        customFields: { city: 'Berlin' },
        nextFollowUpAt: '2027-01-02T09:00:00.000Z',
        source: 'manual',
        isArchived: false,
        createdByUserId: ctx.userId,
      });
      expect(await leads.get(ctx, { leadId: lead.id })).toEqual(lead);
      expect(await service.events(LeadCreated, ctx.tenantId)).toMatchObject([
        {
          aggregateId: lead.id,
          data: { firstName: 'Jane', stage: 'qualified', status: 'working', source: 'manual' },
        },
      ]);
    });

    it('puts it into the first stage and status, also before the team was announced', async () => {
      expect(await leads.create(caller(), {})).toMatchObject({ stage: 'new', status: 'open', email: null });
    });

    it.each([
      ['a stage that the team does not have', { stage: 'nirvana' }, '/stage'],
      ['a status that the team does not have', { status: 'nirvana' }, '/status'],
      ['a phone number that is none', { phone: 'call me' }, '/phone'],
      ['an address that is not LinkedIn’s', { linkedinUrl: 'https://example.com/in/jane' }, '/linkedinUrl'],
      ['a value without a currency', { estimatedValue: '5' }, '/currency'],
      ['a value that is no number', { estimatedValue: '1e5', currency: 'EUR' }, '/estimatedValue'],
      ['an e-mail address that is none', { email: 'jane@' }, '/email'],
      ['a priority out of range', { priority: 6 }, '/priority'],
      ['an unknown field', { tenantId: newId() }, '/tenantId'],
    ])('refuses %s', async (_, input, pointer) => {
      await expect(leads.create(caller(), input as CreateLead)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [{ pointer }] },
      });
    });

    it.each([
      ['email', { email: 'a@b.example' }, { email: 'A@B.example' }],
      ['phone', { phone: '+49 30 7654321' }, { phone: '0049307654321' }],
      ['phone', { phone: '(212) 555-0100' }, { phone: '212.555.0100' }],
      [
        'linkedinUrl',
        { linkedinUrl: 'linkedin.com/in/Bob' },
        { linkedinUrl: 'https://de.linkedin.com/in/bob/' },
      ],
    ])('refuses a second lead with the same %s and names the first', async (field, first, second) => {
      const ctx = caller();
      const { id } = await leads.create(ctx, first);
      await expect(leads.create(ctx, second)).rejects.toMatchObject({
        code: 'lead.duplicate',
        kind: 'conflict',
        details: { extras: { field, leadId: id } },
      });
      await expect(leads.create(caller(), second)).resolves.toMatchObject({ version: 1 });
    });

    it('lets one of many concurrent requests with the same address win', async () => {
      const ctx = caller();
      const answers = await Promise.allSettled(
        Array.from({ length: 8 }, () => leads.create(ctx, { email: 'one@example.com' })),
      );
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await service.events(LeadCreated, ctx.tenantId)).toHaveLength(1);
    });

    it('needs the right to write, and to give it to others the right to assign', async () => {
      await expect(leads.create(caller('viewer'), {})).rejects.toMatchObject({ code: 'request.forbidden' });
      const agent = caller('agent');
      await expect(leads.create(agent, { assignedUserId: newId() })).rejects.toMatchObject({
        code: 'lead.may_not_assign',
      });
      expect(await leads.create(agent, { assignedUserId: agent.userId })).toMatchObject({
        assignedUserId: agent.userId,
      });
    });
  });

  describe('changing one', () => {
    it('changes what is given, keeps the rest, and announces rising versions', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {
        firstName: 'Jane',
        email: 'j@example.com',
        customFields: { a: 1, b: 2 },
      });
      const changed = await leads.update(ctx, {
        leadId,
        stage: 'won',
        email: null,
        customFields: { b: null, c: [3] },
      });
      expect(changed).toMatchObject({
        version: 2,
        firstName: 'Jane',
        stage: 'won',
        email: null,
        customFields: { a: 1, c: [3] },
      });
      expect(Date.parse(changed.updatedAt)).toBeGreaterThanOrEqual(Date.parse(changed.createdAt));
      await leads.update(ctx, { leadId, lastName: 'Doe' });
      expect(await service.events(LeadUpdated, ctx.tenantId)).toMatchObject([
        { aggregateId: leadId, data: { stage: 'won', customFields: { a: 1, c: [3] } } },
        { aggregateId: leadId, data: { lastName: 'Doe' } },
      ]);
    });

    it('does nothing and announces nothing when nothing differs', async () => {
      const ctx = caller();
      const lead = await leads.create(ctx, { firstName: 'Jane', customFields: { a: { x: 1, y: 2 } } });
      const same = await leads.update(ctx, {
        leadId: lead.id,
        firstName: 'Jane',
        customFields: { a: { y: 2, x: 1 } },
      });
      expect(same).toEqual(lead);
      expect(await service.events(LeadUpdated, ctx.tenantId)).toEqual([]);
    });

    it('refuses to overwrite what somebody changed meanwhile', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      await leads.update(ctx, { leadId, version: 1, firstName: 'Jane' });
      await expect(leads.update(ctx, { leadId, version: 1, firstName: 'Joan' })).rejects.toMatchObject({
        code: 'lead.changed_meanwhile',
        kind: 'precondition_failed',
      });
      expect(await leads.get(ctx, { leadId })).toMatchObject({ firstName: 'Jane', version: 2 });
    });

    it('gives each of many concurrent changes a version of its own', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const changed = await Promise.all(
        Array.from({ length: 6 }, (_, i) => leads.update(ctx, { leadId, notes: `n${i}` })),
      );
      expect(changed.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5, 6, 7]);
    });

    it('refuses the address of another lead', async () => {
      const ctx = caller();
      const first = await leads.create(ctx, { email: 'first@example.com' });
      const { id: leadId } = await leads.create(ctx, { email: 'second@example.com' });
      await expect(leads.update(ctx, { leadId, email: 'FIRST@example.com' })).rejects.toMatchObject({
        code: 'lead.duplicate',
        details: { extras: { field: 'email', leadId: first.id } },
      });
      expect(await leads.get(ctx, { leadId })).toMatchObject({ email: 'second@example.com', version: 1 });
    });

    it('gives leads to people of the team only', async () => {
      const ctx = caller();
      const stranger = service.members.stranger();
      const refusal = {
        code: 'request.invalid',
        details: { errors: [{ pointer: '/assignedUserId', code: 'member' }] },
      };
      await expect(leads.create(ctx, { assignedUserId: stranger })).rejects.toMatchObject(refusal);
      const { id: leadId } = await leads.create(ctx, {});
      await expect(leads.assign(ctx, { leadId, assignedUserId: stranger })).rejects.toMatchObject(refusal);
      expect(await leads.get(ctx, { leadId })).toMatchObject({ assignedUserId: null, version: 1 });
    });

    it('assigns and archives', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const assignedUserId = newId();
      expect(await leads.assign(ctx, { leadId, assignedUserId })).toMatchObject({
        assignedUserId,
        version: 2,
      });
      expect(await leads.archive(ctx, { leadId })).toMatchObject({ isArchived: true, version: 3 });
      expect(await leads.archive(ctx, { leadId })).toMatchObject({ isArchived: true, version: 3 });
      expect(await leads.unarchive(ctx, { leadId })).toMatchObject({ isArchived: false, version: 4 });
      await expect(
        leads.assign(caller('agent', { tenantId: ctx.tenantId }), { leadId, assignedUserId }),
      ).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });

  describe('a deleted one', () => {
    it('is invisible everywhere and frees its address', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, { email: 'gone@example.com' });
      await leads.remove(ctx, { leadId });
      await expect(leads.get(ctx, { leadId })).rejects.toMatchObject({ code: 'lead.not_found' });
      await expect(leads.update(ctx, { leadId, firstName: 'x' })).rejects.toMatchObject({
        code: 'lead.not_found',
      });
      await expect(leads.remove(ctx, { leadId })).rejects.toMatchObject({ code: 'lead.not_found' });
      expect(await leads.list(ctx, {})).toEqual({ items: [], next: null });
      expect(await leads.create(ctx, { email: 'gone@example.com' })).toMatchObject({ version: 1 });
      expect(await service.events(LeadDeleted, ctx.tenantId)).toMatchObject([{ aggregateId: leadId }]);
    });

    it('needs the right to delete', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      await expect(
        leads.remove(caller('agent', { tenantId: ctx.tenantId }), { leadId }),
      ).rejects.toMatchObject({
        code: 'request.forbidden',
      });
      expect(await leads.get(ctx, { leadId })).toMatchObject({ id: leadId });
    });
  });

  it('of another tenant answer lead.not_found to everything and stay as they are', async () => {
    const owner = caller();
    const lead = await leads.create(owner, { email: 'mine@example.com' });
    const stranger = caller();
    const leadId = lead.id;
    const tries: Promise<Lead | void>[] = [
      leads.get(stranger, { leadId }),
      leads.update(stranger, { leadId, firstName: 'Eve' }),
      leads.assign(stranger, { leadId, assignedUserId: null }),
      leads.archive(stranger, { leadId }),
      leads.unarchive(stranger, { leadId }),
      leads.remove(stranger, { leadId }),
    ];
    for (const attempt of tries)
      await expect(attempt).rejects.toMatchObject({ code: 'lead.not_found', kind: 'not_found' });
    expect((await leads.list(stranger, { q: 'mine' })).items).toEqual([]);
    expect(await leads.get(owner, { leadId })).toEqual(lead);
  });
});
