import { connect } from 'node:net';
import type { MailSummary } from '../src/mails/mail-view.js';
import type { Misbehaviour } from '../src/misbehaviours/misbehaviour.js';
import { RunningSandbox } from './running-sandbox.js';

/** nodemailer's word for a connection that ended without a reply. */
const NO_REPLY = 'ECONNECTION';

describe('misbehaving on demand', () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(async () => {
    await sandbox.request('DELETE', '/mails');
    await sandbox.request('DELETE', '/misbehaviours');
  });

  it.each([
    ['reject-421', 421],
    ['reject-450', 450],
    ['reject-550', 550],
  ])('%s refuses a recipient, and an account, with %i', async (behaviour, code) => {
    await sandbox.misbehave({ scope: 'recipient', match: 'bad@x.test', behaviour });
    await sandbox.misbehave({ scope: 'account', match: 'broken@sender.test', behaviour });
    expect(await sandbox.failure({ to: 'Bad@X.test' })).toBe(code);
    expect(await sandbox.failure({ to: 'good@x.test' }, 'broken@sender.test')).toBe(code);
    expect(await sandbox.failure({ to: 'good@x.test' })).toBeUndefined();
    expect(await sandbox.count()).toBe(1);
  });

  it.each([
    ['bounce-550+1@x.test', 550],
    ['defer-450+1@x.test', 450],
    ['busy-421+1@x.test', 421],
  ])('the address %s asks for %i by itself', async (to, code) => {
    expect(await sandbox.failure({ to })).toBe(code);
    expect(await sandbox.count()).toBe(0);
  });

  it('auth-failure refuses the log-in of that account only', async () => {
    await sandbox.misbehave({ scope: 'account', match: '@locked.test', behaviour: 'auth-failure' });
    expect(await sandbox.failure({ to: 'a@x.test' }, 'ann@locked.test')).toBe(535);
    expect(await sandbox.failure({ to: 'a@x.test' }, 'ann@open.test')).toBeUndefined();
  });

  it('closes the connection after a 421', async () => {
    await sandbox.misbehave({ scope: 'recipient', match: '*', behaviour: 'reject-421' });
    const socket = connect(sandbox.smtpPort, '127.0.0.1');
    const lines = ['EHLO c.test', 'MAIL FROM:<a@x.test>', 'RCPT TO:<b@x.test>'];
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      if (/^\d{3} [^\r]*\r\n$/m.test(text) && lines.length > 0) socket.write(`${lines.shift()}\r\n`);
    });
    await new Promise((resolve) => socket.on('end', resolve));
    socket.destroy();
    expect(received.trimEnd().split('\r\n').at(-1)).toMatch(/^421 /);
  });

  it('happens as often as asked, then no more', async () => {
    await sandbox.misbehave({ scope: 'recipient', match: '@x.test', behaviour: 'reject-450', times: 2 });
    const results = [];
    for (let i = 0; i < 3; i += 1) results.push(await sandbox.failure({ to: 'a@x.test' }));
    expect(results).toEqual([450, 450, undefined]);
    const { items } = await sandbox.get<{ items: Misbehaviour[] }>('/misbehaviours');
    expect(items).toMatchObject([{ remaining: 0, applied: 2 }]);
  });

  it.each(['drop+1@x.test', 'dropped@x.test'])(
    'drop-after-data keeps the mail to %s but never answers',
    async (to) => {
      await sandbox.misbehave({ scope: 'recipient', match: 'dropped@x.test', behaviour: 'drop-after-data' });
      expect(await sandbox.failure({ to, messageId: '<lost-answer@x.test>' })).toBe(NO_REPLY);
      const { items } = await sandbox.get<{ items: MailSummary[] }>('/mails');
      expect(items).toMatchObject([{ to: [to], messageId: 'lost-answer@x.test', acknowledged: false }]);
    },
  );

  it('drop-before-store neither keeps the mail nor answers', async () => {
    await sandbox.misbehave({ scope: 'account', match: 'ann@sender.test', behaviour: 'drop-before-store' });
    expect(await sandbox.failure({ to: 'a@x.test' })).toBe(NO_REPLY);
    expect(await sandbox.count()).toBe(0);
  });

  it('tarpit lets a client wait before it takes the recipient, and then has the mail', async () => {
    await sandbox.misbehave({ scope: 'recipient', match: 'late@x.test', behaviour: 'tarpit', delayMs: 400 });
    const before = performance.now();
    await sandbox.send({ to: 'late@x.test' });
    expect(performance.now() - before).toBeGreaterThan(350);
    expect(await sandbox.count('?to=late@x.test')).toBe(1);
  });

  it('slow answers late, and then has the mail', async () => {
    await sandbox.misbehave({ scope: 'recipient', match: 'slow@x.test', behaviour: 'slow', delayMs: 400 });
    const before = performance.now();
    await sandbox.send({ to: 'slow@x.test' });
    expect(performance.now() - before).toBeGreaterThan(350);
    expect(await sandbox.count('?to=slow@x.test')).toBe(1);
  });

  it('ends when it is deleted', async () => {
    const id = await sandbox.misbehave({ scope: 'recipient', match: '*', behaviour: 'reject-550' });
    expect(await sandbox.failure({ to: 'a@x.test' })).toBe(550);
    expect((await sandbox.request('DELETE', `/misbehaviours/${id}`)).status).toBe(204);
    expect(await sandbox.failure({ to: 'a@x.test' })).toBeUndefined();
    expect((await sandbox.request('DELETE', `/misbehaviours/${id}`)).status).toBe(404);
  });

  it.each([
    [{ scope: 'planet', match: '*', behaviour: 'slow' }, '/scope'],
    [{ scope: 'recipient', match: '', behaviour: 'slow' }, '/match'],
    [{ scope: 'recipient', match: '*', behaviour: 'explode' }, '/behaviour'],
    [{ scope: 'recipient', match: '*', behaviour: 'slow', times: 0 }, '/times'],
    [{ scope: 'recipient', match: '*', behaviour: 'slow', delayMs: 1e9 }, '/delayMs'],
    [{ scope: 'recipient', match: '*', behaviour: 'slow', extra: 1 }, '/extra'],
    [{ scope: 'recipient', match: '*', behaviour: 'auth-failure' }, '/scope'],
    [{ scope: 'recipient', match: '*', behaviour: 'reject-450', delayMs: 1 }, '/delayMs'],
    [[], ''],
  ])('POST /misbehaviours with %j is answered with 400', async (body, pointer) => {
    const response = await sandbox.request('POST', '/misbehaviours', body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'request.invalid', errors: [{ pointer }] });
  });

  it('a body that is no JSON is answered with 400 as problem+json', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${sandbox.url}/misbehaviours`, {
      method: 'POST',
      headers,
      body: '{"scope":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'request.malformed' });
  });
});
