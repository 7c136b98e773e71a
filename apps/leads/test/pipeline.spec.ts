import {
  leadStagesApi,
  leadStatusesApi,
  leadsApi,
  TenantCreated,
  type LeadsApi,
  type LeadStagesApi,
  type LeadStatusesApi,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { leadsService } from '../src/leads.module.js';
import { migrations } from '../src/migrations/index.js';

const STAGE_KEYS = ['new', 'contacted', 'qualified', 'proposal', 'won', 'lost'];
const STATUS_KEYS = ['open', 'working', 'nurturing', 'unqualified', 'converted'];

describe('stages and statuses', () => {
  let service: TestService;
  let stages: LeadStagesApi;
  let statuses: LeadStatusesApi;
  let leads: LeadsApi;

  beforeAll(async () => {
    service = await TestService.start(leadsService, { migrations });
    stages = service.client(leadStagesApi);
    statuses = service.client(leadStatusesApi);
    leads = service.client(leadsApi);
  });
  afterAll(() => service.stop());

  const announce = (tenantId: string) =>
    service.publish(TenantCreated, {
      tenantId,
      data: { name: 'T', slug: 't', planTier: 'trial', ownerUserId: newId() },
    });
  const count = async (tenantId: string) => {
    const [row] = await service.database.query<{ n: string }>(
      'SELECT count(*) AS n FROM leads.lead_stages WHERE tenant_id = $1',
      [tenantId],
    );
    return Number(row?.n);
  };
  const keys = async (ctx: ReturnType<typeof caller>) =>
    (await stages.list(ctx, {})).items.map(({ key }) => key);

  it('are there once a team has signed up', async () => {
    const ctx = caller();
    await announce(ctx.tenantId);
    await eventually(async () => (await count(ctx.tenantId)) === STAGE_KEYS.length);
  });

  it('are there on first use when the news of the team is late, and not doubled by it', async () => {
    const ctx = caller();
    const answers = await Promise.all([
      stages.list(ctx, {}),
      stages.list(ctx, {}),
      leads.create(ctx, {}),
      statuses.list(ctx, {}),
    ]);
    expect(answers[0].items.map(({ key }) => key)).toEqual(STAGE_KEYS);
    expect(answers[3].items.map(({ key }) => key)).toEqual(STATUS_KEYS);
    await announce(ctx.tenantId);
    const later = caller();
    await announce(later.tenantId);
    await eventually(async () => (await count(later.tenantId)) === STAGE_KEYS.length);
    expect(await keys(ctx)).toEqual(STAGE_KEYS);
  });

  it('can be added at a place, renamed, and moved', async () => {
    const ctx = caller();
    const demo = await stages.create(ctx, {
      label: 'Démo given',
      description: 'They saw it',
      color: '#ABCDEF',
      displayOrder: 2,
    });
    expect(demo).toMatchObject({
      key: 'demo-given',
      label: 'Démo given',
      description: 'They saw it',
      color: '#abcdef',
      displayOrder: 2,
    });
    expect(await keys(ctx)).toEqual([
      'new',
      'contacted',
      'demo-given',
      'qualified',
      'proposal',
      'won',
      'lost',
    ]);
    const moved = await stages.update(ctx, {
      stageId: demo.id,
      label: 'Demo',
      description: null,
      displayOrder: 6,
    });
    expect(moved).toMatchObject({ key: 'demo-given', label: 'Demo', description: null, displayOrder: 6 });
    expect(await keys(ctx)).toEqual([...STAGE_KEYS, 'demo-given']);
    await stages.update(ctx, { stageId: demo.id, displayOrder: 0 });
    expect(await leads.create(ctx, {})).toMatchObject({ stage: 'demo-given' });
    expect(await statuses.create(ctx, { key: 'on-hold', label: 'On hold' })).toMatchObject({
      key: 'on-hold',
      displayOrder: 5,
    });
  });

  it('refuse a key that is taken', async () => {
    const ctx = caller();
    await expect(stages.create(ctx, { label: 'Won!' })).rejects.toMatchObject({
      code: 'lead_stage.duplicate',
    });
    await expect(statuses.create(ctx, { key: 'open', label: 'Else' })).rejects.toMatchObject({
      code: 'lead_status.duplicate',
    });
  });

  it('stay while a lead has them, and go when none does', async () => {
    const ctx = caller();
    const { id: leadId } = await leads.create(ctx, { stage: 'proposal' });
    const stageId = (await stages.list(ctx, {})).items.find(({ key }) => key === 'proposal')?.id as string;
    await expect(stages.remove(ctx, { stageId })).rejects.toMatchObject({
      code: 'lead_stage.in_use',
      kind: 'conflict',
    });
    await leads.update(ctx, { leadId, stage: 'won' });
    await stages.remove(ctx, { stageId });
    expect(await keys(ctx)).toEqual(STAGE_KEYS.filter((key) => key !== 'proposal'));
    await expect(leads.update(ctx, { leadId, stage: 'proposal' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('never lose one to which a lead is just being moved', async () => {
    const ctx = caller();
    const { items } = await stages.list(ctx, {});
    const stageId = items.find(({ key }) => key === 'lost')?.id as string;
    await Promise.allSettled([
      ...Array.from({ length: 6 }, () => leads.create(ctx, { stage: 'lost' })),
      stages.remove(ctx, { stageId }),
      ...Array.from({ length: 6 }, () => leads.create(ctx, { stage: 'lost' })),
    ]);
    const orphans = await service.database.query(
      `SELECT FROM leads.leads l WHERE tenant_id = $1
       AND NOT EXISTS (SELECT FROM leads.lead_stages s WHERE s.tenant_id = l.tenant_id AND s.key = l.stage)`,
      [ctx.tenantId],
    );
    expect(orphans).toEqual([]);
  });

  it('keep at least one', async () => {
    const ctx = caller();
    const { items } = await statuses.list(ctx, {});
    for (const { id: statusId } of items.slice(1)) await statuses.remove(ctx, { statusId });
    await expect(statuses.remove(ctx, { statusId: items[0]?.id as string })).rejects.toMatchObject({
      code: 'lead_status.last_one',
    });
  });

  it('of another team answer not_found and stay as they are', async () => {
    const owner = caller();
    const stageId = (await stages.list(owner, {})).items[0]?.id as string;
    const statusId = (await statuses.list(owner, {})).items[0]?.id as string;
    const stranger = caller();
    for (const attempt of [
      stages.update(stranger, { stageId, label: 'Mine' }),
      stages.remove(stranger, { stageId }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'lead_stage.not_found' });
    }
    for (const attempt of [
      statuses.update(stranger, { statusId, label: 'Mine' }),
      statuses.remove(stranger, { statusId }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'lead_status.not_found' });
    }
    expect((await stages.list(owner, {})).items[0]).toMatchObject({ label: 'New' });
  });

  it.each([
    ['a colour that is none', { label: 'x', color: 'red' }, '/color'],
    ['an empty label', { label: '  ' }, '/label'],
    ['a key with spaces', { label: 'x', key: 'a b' }, '/key'],
    ['a place beyond the end', { label: 'x', displayOrder: 50 }, '/displayOrder'],
  ])('refuse %s', async (_, input, pointer) => {
    await expect(stages.create(caller(), input)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('are for those to change who may change the team, for all to read', async () => {
    const agent = caller('agent');
    await expect(stages.create(agent, { label: 'x' })).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(statuses.create(agent, { label: 'x' })).rejects.toMatchObject({ code: 'request.forbidden' });
    expect(await keys(caller('viewer'))).toEqual(STAGE_KEYS);
  });
});
