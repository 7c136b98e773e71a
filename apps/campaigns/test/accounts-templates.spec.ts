import { newId } from '@leadwire/kernel';
import { caller } from '@leadwire/testing';
import { email, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

describe('an e-mail account', () => {
  it('keeps its password sealed and never shows it', async () => {
    const ctx = caller();
    const account = await world.account(ctx);
    expect(account).toMatchObject({
      passwordSet: true,
      isActive: true,
      sentToday: 0,
      dailySendLimit: 500,
      timezone: 'UTC',
    });
    expect(JSON.stringify([account, await world.accounts.list(ctx, {})])).not.toContain('secret-1');
    const [row] = await world.service.database.query<{ sealed: string }>(
      'SELECT smtp_password AS sealed FROM campaigns.email_accounts WHERE id = $1',
      [account.id],
    );
    expect(row?.sealed).toMatch(/^v1\./);
  });

  it('is tested by really connecting and logging in', async () => {
    const ctx = caller();
    const { id: emailAccountId } = await world.account(ctx);
    expect(await world.accounts.test(ctx, { emailAccountId })).toMatchObject({
      ok: true,
      stage: 'done',
      problem: null,
    });
    world.mail.refuseLogin = true;
    expect(await world.accounts.test(ctx, { emailAccountId })).toMatchObject({
      ok: false,
      stage: 'login',
      problem: expect.stringContaining('535'),
    });
    world.mail.refuseLogin = false;
    await world.accounts.update(ctx, { emailAccountId, smtpPort: 1 });
    expect(await world.accounts.test(ctx, { emailAccountId })).toMatchObject({ ok: false, stage: 'connect' });
  });

  it('does not remember the password as the answer of an idempotent test', async () => {
    const ctx = caller('owner', { idempotencyKey: 'k\ttest' });
    const { id: emailAccountId } = await world.account({ ...ctx, idempotencyKey: 'c\tcreate' });
    await world.accounts.test(ctx, { emailAccountId });
    const kept = await world.service.database.query(
      'SELECT response FROM campaigns.idempotency_keys WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    expect(JSON.stringify(kept)).not.toContain('secret-1');
  });

  it.each([
    ['a second account of one address', { email: 'twice@seller.test' }, 'email_account.duplicate'],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }, 'email_account.invalid_timezone'],
    ['an offset as time zone', { timezone: '+02:00' }, 'email_account.invalid_timezone'],
    ['an abbreviated time zone', { timezone: 'AET' }, 'email_account.invalid_timezone'],
    [
      'a time zone that the database does not know',
      { timezone: 'US/Pacific-New' },
      'email_account.invalid_timezone',
    ],
    ['a user name without password', { smtpPassword: null }, 'email_account.password_required'],
    ['a host that does not resolve', { smtpHost: 'nowhere.invalid' }, 'outbound.host_unknown'],
    ['a host name that is none', { smtpHost: 'a b' }, 'request.invalid'],
    ['a port that is none', { smtpPort: 70_000 }, 'request.invalid'],
  ])('refuses %s', async (_, over, code) => {
    const ctx = caller();
    await world.account(ctx, { email: 'twice@seller.test' });
    await expect(world.account(ctx, over)).rejects.toMatchObject({ code });
  });

  it('does not hand its password to another server', async () => {
    const ctx = caller();
    const { id: emailAccountId } = await world.account(ctx);
    const moved = { emailAccountId, smtpHost: 'localhost' };
    await expect(world.accounts.update(ctx, moved)).rejects.toMatchObject({
      code: 'email_account.password_required',
    });
    expect(await world.accounts.update(ctx, { ...moved, smtpPassword: 'secret-2' })).toMatchObject({
      smtpHost: 'localhost',
      passwordSet: true,
    });
  });

  it("is another tenant's to nobody, and nobody's without the right", async () => {
    const ctx = caller();
    const { id: emailAccountId } = await world.account(ctx);
    const other = caller();
    const missing = { code: 'email_account.not_found', kind: 'not_found' };
    await expect(world.accounts.get(other, { emailAccountId })).rejects.toMatchObject(missing);
    await expect(world.accounts.update(other, { emailAccountId, fromName: 'Eve' })).rejects.toMatchObject(
      missing,
    );
    await expect(world.accounts.remove(other, { emailAccountId })).rejects.toMatchObject(missing);
    await expect(world.accounts.test(other, { emailAccountId })).rejects.toMatchObject(missing);
    await expect(world.campaigns.create(other, { name: 'x', emailAccountId })).rejects.toMatchObject(missing);
    const manager = { ...caller('manager'), tenantId: ctx.tenantId };
    await expect(world.accounts.update(manager, { emailAccountId, fromName: 'Eve' })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
    expect(await world.accounts.get(ctx, { emailAccountId })).toMatchObject({ fromName: 'Sam' });
  });

  it('cannot go while a running campaign needs it, is listed by pages, and is gone when removed', async () => {
    const ctx = caller();
    const first = await world.account(ctx);
    const second = await world.account(ctx);
    const page = await world.accounts.list(ctx, { limit: 1 });
    expect(page.items.map(({ id }) => id)).toEqual([second.id]);
    expect(
      (await world.accounts.list(ctx, { limit: 1, cursor: page.next ?? '' })).items.map(({ id }) => id),
    ).toEqual([first.id]);
    await world.accounts.remove(ctx, { emailAccountId: first.id });
    await expect(world.accounts.get(ctx, { emailAccountId: first.id })).rejects.toMatchObject({
      kind: 'not_found',
    });
    world.addLeads(ctx, 1);
    const { emailAccountId } = await world.launched(ctx, [
      email(),
      { type: 'wait', durationSeconds: 999 },
      email(),
    ]);
    await expect(world.accounts.remove(ctx, { emailAccountId: emailAccountId ?? '' })).rejects.toMatchObject({
      code: 'email_account.in_use',
    });
  });
});

describe('a template', () => {
  const create = (ctx = caller(), over = {}) =>
    world.templates.create(ctx, {
      templateKey: 'intro',
      subject: 'Hi {{ firstName }}',
      body: 'In {{ custom.city }}',
      ...over,
    });

  it('derives its variables and is previewed as it is sent', async () => {
    const ctx = caller();
    const template = await create(ctx);
    expect(template).toMatchObject({
      language: 'en',
      variablesSchema: { firstName: {}, 'custom.city': {} },
      isActive: true,
    });
    world.addLeads(ctx, 1, () => ({ email: 'tpl@customer.test' }));
    const { id: campaignId } = await world.draft(ctx, [{ type: 'email', templateId: template.id }]);
    const [enrolment] = await world.enrolled(ctx, campaignId);
    const preview = await world.templates.preview(ctx, {
      templateId: template.id,
      enrolmentId: enrolment?.id ?? '',
    });
    expect(preview).toEqual({ subject: 'Hi Ada0', body: 'In London' });
    await world.campaigns.launch(ctx, { campaignId });
    await world.completed(ctx, campaignId);
    const [sent] = world.mail.to('tpl@customer.test');
    expect({ subject: sent?.mail.subject, body: sent?.mail.text?.trim() }).toEqual(preview);
  });

  it.each([
    ['does not parse', { body: '{{ firstName' }, '/body'],
    ['names an unknown variable', { subject: '{{ surname }}' }, '/subject'],
    ['uses what its schema does not declare', { variablesSchema: { firstName: {} } }, '/body'],
  ])('is refused with a pointer when it %s', async (_, over, pointer) => {
    await expect(create(caller(), over)).rejects.toMatchObject({
      code: 'template.invalid',
      details: { errors: [{ pointer }] },
    });
  });

  it('is unique by key and language, can be changed, and cannot go while a draft needs it', async () => {
    const ctx = caller();
    const { id: templateId } = await create(ctx);
    await expect(create(ctx)).rejects.toMatchObject({ code: 'template.duplicate' });
    await create(ctx, { language: 'de' });
    expect(await world.templates.update(ctx, { templateId, body: 'Plain' })).toMatchObject({
      variablesSchema: { firstName: {} },
    });
    world.addLeads(ctx, 1);
    await world.draft(ctx, [{ type: 'email', templateId }]);
    await expect(world.templates.remove(ctx, { templateId })).rejects.toMatchObject({
      code: 'template.in_use',
    });
    expect((await world.templates.list(ctx, {})).items).toHaveLength(2);
  });

  it("is another tenant's to nobody, and nobody's without the right", async () => {
    const ctx = caller();
    const { id: templateId } = await create(ctx);
    const missing = { code: 'template.not_found' };
    await expect(world.templates.get(caller(), { templateId })).rejects.toMatchObject(missing);
    await expect(world.templates.update(caller(), { templateId, body: 'x' })).rejects.toMatchObject(missing);
    await expect(world.templates.remove(caller(), { templateId })).rejects.toMatchObject(missing);
    await expect(
      world.templates.preview(caller(), { templateId, enrolmentId: newId() }),
    ).rejects.toMatchObject(missing);
    await expect(create(caller('viewer'))).rejects.toMatchObject({ code: 'request.forbidden' });
    expect(await world.templates.get(ctx, { templateId })).toMatchObject({ body: 'In {{ custom.city }}' });
  });
});
