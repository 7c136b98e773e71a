import { newId } from '@leadwire/kernel';
import { SecretBox } from '@leadwire/security';
import { MailSink, SmsSink, eventually, type TestService } from '@leadwire/testing';
import { AccountTransaction } from '../src/accounts/account-transaction.js';
import type { SqlSession } from '@leadwire/persistence';
import { Deliveries } from '../src/delivery/deliveries.js';
import { DeliveryWorker } from '../src/delivery/delivery-worker.js';
import { startIdentity, travel } from './identity-client.js';

const DAY_MS = 86_400_000;

describe('mails and texts', () => {
  let service: TestService;
  let mails: MailSink;
  let texts: SmsSink;
  let deliveries: Deliveries;

  beforeAll(async () => {
    mails = await MailSink.start();
    texts = await SmsSink.start();
    service = await startIdentity({ MAIL_SMTP_URL: mails.url, ...texts.env });
    deliveries = service.running.app.get(Deliveries);
  });
  afterAll(async () => {
    await service.stop();
    await mails.stop();
    await texts.stop();
  });
  afterEach(() => {
    travel(service, 0);
    mails.refuse = () => undefined;
    mails.hangUpAfterData = false;
  });

  const transaction = <T>(work: (db: SqlSession) => Promise<T>) =>
    service.running.app.get(AccountTransaction).run(work);
  const queueMail = (to: string, token = newId()) =>
    transaction((db) => deliveries.mail(db, { to, template: 'verify-email', data: { token } }));
  const rows = () =>
    service.database.query<{
      id: string;
      state: string;
      payload: string | null;
      attempts: number;
      unfinished: number;
    }>(
      'SELECT id, state, payload, attempts, unfinished FROM identity.deliveries ORDER BY created_at DESC, id DESC',
    );
  const newest = async () => (await rows())[0];

  it('are sent after the commit, with a link and a Message-ID, and nothing of them stays', async () => {
    await queueMail('ann@example.com', 'the-token');
    const mail = await mails.waitFor('ann@example.com');
    expect(mail).toMatchObject({ from: 'no-reply@leadwire.test', subject: 'Confirm your e-mail address' });
    expect(mail.text).toContain('https://app.leadwire.test/verify-email#token=the-token');
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    const row = await eventually(async () => (await rows()).find(({ state }) => state === 'done'));
    expect(mail.messageId).toBe(`<${row.id}@leadwire.test>`);
    expect(row.payload).toBeNull();
  });

  it('are not sent when what they announce is rolled back', async () => {
    await transaction(async (db) => {
      await deliveries.mail(db, { to: 'never@example.com', template: 'verify-email', data: { token: 'x' } });
      throw new Error('no');
    }).catch(() => undefined);
    await queueMail('after@example.com');
    await mails.waitFor('after@example.com');
    expect(mails.to('never@example.com')).toEqual([]);
  });

  it('wait sealed', async () => {
    mails.refuse = () => 451;
    await queueMail('sealed@example.com', 'a-secret-token');
    const row = await eventually(async () => (await newest())?.attempts === 1 && (await newest()));
    expect(row).toMatchObject({ state: 'waiting', payload: expect.stringMatching(/^v1\./) });
    expect(JSON.stringify(row)).not.toContain('sealed@example.com');
    mails.refuse = () => undefined;
    travel(service, 6_000);
    expect((await mails.waitFor('sealed@example.com')).text).toContain('a-secret-token');
  });

  it('are tried six times more when the server puts them off, and then given up', async () => {
    mails.refuse = (to) => (to === 'later@example.com' ? 451 : undefined);
    await queueMail('later@example.com');
    const { id } = (await newest()) ?? { id: '' };
    const row = async () => (await rows()).find((one) => one.id === id);
    for (const [tries, hours] of [
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 4],
      [6, 6],
    ] as const) {
      travel(service, hours * 3_600_000);
      await eventually(async () => (await row())?.attempts === tries);
    }
    travel(service, 11 * 3_600_000);
    await eventually(async () => (await row())?.state === 'given-up');
    expect(await row()).toMatchObject({ payload: null });
    const metrics = await (await fetch(`${await service.running.app.getUrl()}/metrics`)).text();
    expect(metrics).toMatch(/leadwire_deliveries_total\{[^}]*channel="mail",outcome="given-up"[^}]*\} [1-9]/);
  });

  it('are given up at once when the recipient does not exist', async () => {
    mails.refuse = (to) => (to === 'nobody@example.com' ? 550 : undefined);
    await queueMail('nobody@example.com');
    await eventually(async () => (await newest())?.state === 'given-up');
  });

  it('are given up when they come too late', async () => {
    mails.refuse = () => 451;
    await queueMail('late@example.com');
    await eventually(async () => (await newest())?.attempts === 1);
    mails.refuse = () => undefined;
    travel(service, DAY_MS + 1);
    await eventually(async () => (await newest())?.state === 'given-up');
    expect(mails.to('late@example.com')).toEqual([]);
  });

  it('carry the same Message-ID when the server took one and hung up instead of saying so', async () => {
    mails.hangUpAfterData = true;
    await queueMail('hang-up@example.com');
    await eventually(async () => (await newest())?.attempts === 1);
    mails.hangUpAfterData = false;
    travel(service, 6_000);
    await eventually(async () => (await newest())?.state === 'done');
    const ids = mails.to('hang-up@example.com').map(({ messageId }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('are repeated once, with the same Message-ID, by whoever finds them half done, and not a third time', async () => {
    const id = newId();
    // Rows as they are after one and two senders were killed between sending and saying so.
    await insertHalfDone(id, 1, { to: 'twice@example.com', subject: 'Half done', text: 'x', html: 'x' });
    expect((await mails.waitFor('twice@example.com')).messageId).toBe(`<${id}@leadwire.test>`);

    const dead = newId();
    await insertHalfDone(dead, 2, { to: 'thrice@example.com', subject: 'Half done', text: 'x', html: 'x' });
    await eventually(async () => (await rows()).find((row) => row.id === dead)?.state === 'given-up');
  });

  it('are each sent once by two replicas', async () => {
    await service.addReplica();
    await transaction(async (db) => {
      for (let i = 0; i < 30; i++)
        await deliveries.mail(db, {
          to: `many${i}@example.com`,
          template: 'verify-email',
          data: { token: 'x' },
        });
    });
    await eventually(async () => (await rows()).every(({ state }) => state !== 'waiting'));
    for (let i = 0; i < 30; i++) expect(mails.to(`many${i}@example.com`)).toHaveLength(1);
  });

  it('cannot carry markup or header lines of the people who caused them', async () => {
    await transaction((db) =>
      deliveries.mail(db, {
        to: 'html@example.com',
        template: 'email-changed',
        data: { newEmail: '<img src=x onerror=alert(1)>@example.com' },
      }),
    );
    expect((await mails.waitFor('html@example.com')).html).not.toContain('<img');
  });

  it('go to phones by the wire of Twilio, and are given up when the number is refused', async () => {
    await transaction((db) =>
      deliveries.sms(db, {
        to: '+4915112345678',
        text: 'Your code is 123456.',
        template: 'phone-code',
        validForMs: 600_000,
      }),
    );
    const text = await eventually(() => texts.to('+4915112345678')[0]);
    expect(text).toEqual({
      account: 'ACtest',
      authorization: `Basic ${Buffer.from('ACtest:sms-secret').toString('base64')}`,
      from: '+15005550006',
      to: '+4915112345678',
      body: 'Your code is 123456.',
    });
    texts.refuse = () => 400;
    await transaction((db) =>
      deliveries.sms(db, { to: '+15005550001', text: 'x', template: 'phone-code', validForMs: 600_000 }),
    );
    await eventually(async () => (await newest())?.state === 'given-up');
  });

  it('may be follow-ups of our own, unless somebody has done them before', async () => {
    const seen: unknown[] = [];
    service.running.app
      .get(DeliveryWorker)
      .handle('test', async (payload: unknown) => void seen.push(payload));
    const taken = await transaction((db) =>
      deliveries.followUp(db, { channel: 'test', payload: 'taken back', delayMs: 60_000 }),
    );
    await transaction((db) => deliveries.done(db, taken));
    await transaction((db) => deliveries.followUp(db, { channel: 'test', payload: { n: 1 } }));
    await eventually(() => seen.length > 0);
    travel(service, 61_000);
    await transaction((db) => deliveries.followUp(db, { channel: 'test', payload: { n: 2 } }));
    await eventually(() => seen.length > 1);
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
  });

  async function insertHalfDone(id: string, unfinished: number, mail: object): Promise<void> {
    const { env } = service;
    const box = new SecretBox(Buffer.from(env['KEY_ENCRYPTION_KEY'] ?? '', 'base64'));
    const place = { tenantId: 'platform', table: 'deliveries', column: 'payload', rowId: id };
    await service.database.query(
      `INSERT INTO identity.deliveries (id, channel, template, payload, unfinished, next_attempt_at, expires_at)
       VALUES ($1, 'mail', 'verify-email', $2, $3, now(), now() + interval '1 hour')`,
      [id, box.seal(place, JSON.stringify(mail)), unfinished],
    );
  }
});
