import type { MailStats } from '../src/mails/mail-stats.js';
import type { MailDetail, MailSummary } from '../src/mails/mail-view.js';
import { RunningSandbox } from './running-sandbox.js';

type Page = { items: MailSummary[]; next: number | null };

describe('the mails that the sandbox takes', () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(async () => {
    await sandbox.request('DELETE', '/mails');
  });

  const newest = async () => (await sandbox.get<Page>('/mails?order=desc&limit=1')).items[0] as MailSummary;

  it('come for any domain from any account, over STARTTLS, and are readable with their Message-ID', async () => {
    await sandbox.send(
      {
        to: 'bea@any.example',
        subject: 'Grüße',
        text: 'Plain',
        html: '<p>Rich</p>',
        messageId: '<fixed-1@x.test>',
      },
      'whoever@x.test',
    );
    const mail = await sandbox.get<MailDetail>(`/mails/${(await newest()).id}`);
    expect(mail).toMatchObject({
      from: 'ann@sender.test',
      to: ['bea@any.example'],
      messageId: 'fixed-1@x.test',
      subject: 'Grüße',
      username: 'whoever@x.test',
      acknowledged: true,
      truncated: false,
      sourceKept: true,
    });
    expect(mail.text?.trim()).toBe('Plain');
    expect(mail.html).toContain('<p>Rich</p>');
    expect(mail.headers.find(({ name }) => name === 'subject')?.value).toBe('Grüße');
    expect(Math.abs(Date.parse(mail.receivedAt) - Date.now())).toBeLessThan(30_000);
    const raw = await (await fetch(`${sandbox.url}/mails/${mail.id}/raw`)).text();
    expect(raw).toContain('Message-ID: <fixed-1@x.test>');
    expect(mail.size).toBe(Buffer.byteLength(raw));
  });

  it('are found by recipient, domain, message id and part of the subject', async () => {
    await sandbox.send({ to: 'ann@one.test', subject: 'First', messageId: '<1@x.test>' });
    await sandbox.send({ to: 'joann@one.test', subject: 'Second', messageId: '<2@x.test>' });
    await sandbox.send({ to: 'ann@two.test', subject: 'Third', messageId: '<3@x.test>' });
    const subjects = async (query: string) =>
      (await sandbox.get<Page>(`/mails?${query}`)).items.map(({ subject }) => subject);
    expect(await subjects('to=ANN@one.test')).toEqual(['First']);
    expect(await subjects('to=@one.test')).toEqual(['First', 'Second']);
    expect(await subjects(`messageId=${encodeURIComponent('<2@x.test>')}`)).toEqual(['Second']);
    expect(await subjects('subject=IR')).toEqual(['First', 'Third']);
    expect(await subjects('q=joann')).toEqual(['Second']);
    expect(await sandbox.count('?to=ann@two.test')).toBe(1);
  });

  it('are paged by id without gaps or repetitions, in both directions', async () => {
    for (const subject of ['a', 'b', 'c']) await sandbox.send({ to: 'p@x.test', subject });
    for (const [order, expected] of [
      ['asc', ['a', 'b', 'c']],
      ['desc', ['c', 'b', 'a']],
    ] as const) {
      const seen: string[] = [];
      let after: number | null | undefined;
      while (after !== null) {
        const cursor = after === undefined ? '' : `&after=${after}`;
        const page: Page = await sandbox.get(`/mails?limit=2&order=${order}${cursor}`);
        seen.push(...page.items.map(({ subject }) => subject));
        after = page.next;
      }
      expect(seen).toEqual(expected);
    }
  });

  it('are counted, and a message id that reached a recipient twice is a duplicate', async () => {
    await sandbox.send({ to: 'a@one.test, b@two.test', messageId: '<twice@x.test>' });
    await sandbox.send({ to: 'a@one.test', messageId: '<twice@x.test>' });
    await sandbox.send({ to: 'a@one.test', messageId: '<once@x.test>' });
    expect(await sandbox.get<MailStats>('/mails/stats')).toEqual({
      total: 3,
      distinctMessageIds: 2,
      withoutMessageId: 0,
      unacknowledged: 0,
      duplicates: 1,
      duplicateDeliveries: [{ messageId: 'twice@x.test', recipient: 'a@one.test', times: 2 }],
      byRecipientDomain: { 'one.test': 3, 'two.test': 1 },
    });
  });

  it('keep the first megabyte of a larger mail and say so', async () => {
    await sandbox.send({ to: 'big@x.test', text: 'line of text\r\n'.repeat(120_000) });
    const mail = await newest();
    expect(mail).toMatchObject({ truncated: true });
    expect(mail.size).toBeGreaterThan(1_500_000);
    const raw = await (await fetch(`${sandbox.url}/mails/${mail.id}/raw`)).arrayBuffer();
    expect(raw.byteLength).toBe(1024 * 1024);
  });

  it('are forgotten on request, and their ids are not given again', async () => {
    await sandbox.send({ to: 'a@x.test' });
    const before = await newest();
    expect((await sandbox.request('DELETE', '/mails')).status).toBe(204);
    expect(await sandbox.count()).toBe(0);
    await sandbox.send({ to: 'a@x.test' });
    expect((await newest()).id).toBeGreaterThan(before.id);
  });

  it.each([
    ['GET', '/mails?limit=0', '/limit'],
    ['GET', '/mails?limit=1001', '/limit'],
    ['GET', '/mails?after=x', '/after'],
    ['GET', '/mails?order=up', '/order'],
    ['GET', '/mails?to=a&to=b', '/to'],
    ['GET', '/mails?unknown=1', '/unknown'],
    ['GET', '/mails?subject=', '/subject'],
    ['GET', '/mails/one', '/id'],
    ['GET', '/mails/count?limit=1', '/limit'],
  ])('%s %s is answered with 400 and the place of the fault', async (method, path, pointer) => {
    const response = await sandbox.request(method, path);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = await response.json();
    expect(problem).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ pointer }] });
  });

  it.each(['/mails/999999', '/mails/999999/raw', '/mails/999999/html', '/nowhere'])(
    'GET %s is answered with 404 as problem+json',
    async (path) => {
      const response = await sandbox.request('GET', path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    },
  );

  it('show in health and metrics', async () => {
    await sandbox.send({ to: 'a@x.test' });
    await sandbox.failure({ to: 'bounce-550+x@x.test' });
    expect((await sandbox.request('GET', '/health/live')).status).toBe(200);
    expect((await sandbox.request('GET', '/health/ready')).status).toBe(200);
    const metrics = await (await sandbox.request('GET', '/metrics')).text();
    expect(metrics).toMatch(/^sandbox_mails_received_total [1-9]/m);
    expect(metrics).toMatch(/^sandbox_rejections_total\{code="550"\} 1$/m);
  });
});
