import {
  EmailFailed,
  EmailSent,
  EnrolmentEnded,
  LeadNoteAdded,
  leadNotesApi,
  leadsApi,
  leadTimelineApi,
  type LeadNotesApi,
  type LeadsApi,
  type LeadTimelineApi,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { leadsService } from '../src/leads.module.js';
import { migrations } from '../src/migrations/index.js';

describe('what is written around a lead', () => {
  let service: TestService;
  let leads: LeadsApi;
  let notes: LeadNotesApi;
  let timeline: LeadTimelineApi;

  beforeAll(async () => {
    service = await TestService.start(leadsService, { migrations });
    leads = service.client(leadsApi);
    notes = service.client(leadNotesApi);
    timeline = service.client(leadTimelineApi);
  });
  afterAll(() => service.stop());

  const kinds = async (ctx: Ctx, leadId: string) =>
    (await timeline.list(ctx, { leadId })).items.map(({ kind }) => kind);
  const emailSent = (leadId: string, sentAt: string) => ({
    campaignId: newId(),
    enrolmentId: newId(),
    leadId,
    stepId: newId(),
    activityId: newId(),
    emailAccountId: newId(),
    launchedByUserId: null,
    to: 'jane@example.com',
    subject: 'Hello',
    messageId: '<1@example.com>',
    sentAt,
  });

  describe('notes', () => {
    it('are added, shown newest first, announced, and move the last activity', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const first = await notes.add(ctx, { leadId, content: 'called' });
      const second = await notes.add(ctx, { leadId, content: 'called again' });
      expect(first).toMatchObject({ leadId, content: 'called', createdByUserId: ctx.userId });
      const page = await notes.list(ctx, { leadId, limit: 1 });
      expect(page.items).toEqual([second]);
      expect(await notes.list(ctx, { leadId, limit: 1, cursor: page.next as string })).toEqual({
        items: [first],
        next: null,
      });
      expect(await service.events(LeadNoteAdded, ctx.tenantId)).toMatchObject([
        { aggregateId: leadId, data: { noteId: first.id } },
        { aggregateId: leadId, data: { noteId: second.id } },
      ]);
      expect(await kinds(ctx, leadId)).toEqual(['note-added', 'note-added', 'created']);
      expect(await leads.get(ctx, { leadId })).toMatchObject({
        lastActivityAt: second.createdAt,
        version: 1,
      });
    });

    it('are rewritten and deleted', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const { id: noteId } = await notes.add(ctx, { leadId, content: 'old' });
      expect(await notes.update(ctx, { leadId, noteId, content: 'new' })).toMatchObject({
        id: noteId,
        content: 'new',
      });
      await notes.remove(ctx, { leadId, noteId });
      expect(await notes.list(ctx, { leadId })).toEqual({ items: [], next: null });
      await expect(notes.remove(ctx, { leadId, noteId })).rejects.toMatchObject({
        code: 'lead_note.not_found',
      });
      await expect(notes.update(ctx, { leadId, noteId, content: 'x' })).rejects.toMatchObject({
        code: 'lead_note.not_found',
      });
    });

    it("on another tenant's lead, or through another lead, answer not_found and write nothing", async () => {
      const owner = caller();
      const { id: leadId } = await leads.create(owner, {});
      const { id: other } = await leads.create(owner, {});
      const note = await notes.add(owner, { leadId, content: 'mine' });
      const stranger = caller();
      const noteId = note.id;
      await expect(notes.add(stranger, { leadId, content: 'x' })).rejects.toMatchObject({
        code: 'lead.not_found',
      });
      await expect(notes.list(stranger, { leadId })).rejects.toMatchObject({ code: 'lead.not_found' });
      await expect(notes.update(stranger, { leadId, noteId, content: 'x' })).rejects.toMatchObject({
        code: 'lead_note.not_found',
      });
      await expect(notes.remove(stranger, { leadId, noteId })).rejects.toMatchObject({
        code: 'lead_note.not_found',
      });
      await expect(notes.remove(owner, { leadId: other, noteId })).rejects.toMatchObject({
        code: 'lead_note.not_found',
      });
      expect(await notes.list(owner, { leadId })).toEqual({ items: [note], next: null });
    });

    it('need content and the right to write', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      await expect(notes.add(ctx, { leadId, content: '  ' })).rejects.toMatchObject({
        code: 'request.invalid',
      });
      await expect(notes.add(ctx, { leadId, content: 'x'.repeat(10_001) })).rejects.toMatchObject({
        code: 'request.invalid',
      });
      const viewer = caller('viewer', { tenantId: ctx.tenantId });
      await expect(notes.add(viewer, { leadId, content: 'x' })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });

    it('are added once when the same request comes twice', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const again = { ...ctx, idempotencyKey: 'n1\tnote' };
      expect(await notes.add(again, { leadId, content: 'once' })).toEqual(
        await notes.add(again, { leadId, content: 'once' }),
      );
      expect((await notes.list(ctx, { leadId })).items).toHaveLength(1);
    });
  });

  describe('the timeline', () => {
    it('shows what the team did, with what it changed from and to, page by page', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      await leads.update(ctx, { leadId, stage: 'won', status: 'converted', firstName: 'Jane' });
      await leads.assign(ctx, { leadId, assignedUserId: ctx.userId });
      await leads.archive(ctx, { leadId });
      const shown = await kinds(ctx, leadId);
      expect(shown.slice(0, 2)).toEqual(['archived', 'assigned']);
      expect(shown.slice(2, 4).sort()).toEqual(['stage-changed', 'status-changed']);
      expect(shown.slice(4)).toEqual(['created']);
      const { items } = await timeline.list(ctx, { leadId });
      expect(items.find(({ kind }) => kind === 'stage-changed')).toMatchObject({
        userId: ctx.userId,
        data: { from: 'new', to: 'won' },
      });
      expect(items.at(-1)).toMatchObject({ data: { source: 'manual', importId: null }, userId: ctx.userId });

      const paged: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await timeline.list(ctx, { leadId, limit: 1, ...(cursor ? { cursor } : {}) });
        paged.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      }
      expect(paged).toEqual(items.map(({ id }) => id));
    });

    it('shows what campaigns did, each fact once however often it is delivered', async () => {
      const ctx = caller();
      const { tenantId } = ctx;
      const { id: leadId, version, updatedAt } = await leads.create(ctx, {});
      const later = new Date(Date.now() + 60_000).toISOString();
      const id = newId();
      for (let i = 0; i < 3; i++)
        await service.publish(EmailSent, {
          tenantId,
          id,
          messageId: newId(),
          data: emailSent(leadId, later),
        });
      await service.publish(EmailSent, { tenantId, data: emailSent(leadId, '2020-01-01T00:00:00.000Z') });
      const step = {
        campaignId: newId(),
        enrolmentId: newId(),
        leadId,
        stepId: newId(),
        activityId: newId(),
      };
      await service.publish(EmailFailed, { tenantId, data: { ...step, reason: '550 no such user' } });
      await service.publish(EnrolmentEnded, {
        tenantId,
        data: { campaignId: step.campaignId, leadId, outcome: 'failed', reason: '550 no such user' },
      });
      await eventually(async () => (await kinds(ctx, leadId)).length === 5);
      expect((await kinds(ctx, leadId)).sort()).toEqual([
        'campaign-ended',
        'created',
        'email-failed',
        'email-sent',
        'email-sent',
      ]);
      const { items } = await timeline.list(ctx, { leadId });
      expect(items[0]).toMatchObject({
        kind: 'email-sent',
        occurredAt: later,
        data: { subject: 'Hello', to: 'jane@example.com' },
      });
      expect(await leads.get(ctx, { leadId })).toMatchObject({ lastActivityAt: later, version, updatedAt });
    });

    it('passes over facts about leads that are not there, and takes those beside them', async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      const now = new Date().toISOString();
      await service.publish(EmailSent, { tenantId: ctx.tenantId, data: emailSent(newId(), now) });
      await service.publish(EmailSent, { tenantId: ctx.tenantId, data: emailSent(leadId, now) });
      await service.publish(EmailSent, { tenantId: newId(), data: emailSent(leadId, now) });
      await eventually(async () => (await kinds(ctx, leadId)).length === 2);
    });

    it("of another tenant's or a deleted lead answers lead.not_found", async () => {
      const ctx = caller();
      const { id: leadId } = await leads.create(ctx, {});
      await expect(timeline.list(caller(), { leadId })).rejects.toMatchObject({ code: 'lead.not_found' });
      await leads.archive(ctx, { leadId });
      await leads.remove(ctx, { leadId });
      await expect(timeline.list(ctx, { leadId })).rejects.toMatchObject({ code: 'lead.not_found' });
      await expect(notes.add(ctx, { leadId, content: 'x' })).rejects.toMatchObject({
        code: 'lead.not_found',
      });
    });
  });
});
