import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailStore } from '../src/mails/mail-store.js';
import type { NewMail } from '../src/mails/mail.js';
import { RunningSandbox } from './running-sandbox.js';

const mail = (subject: string, source = 'x'): NewMail => ({
  from: 'a@x.test',
  to: ['b@x.test'],
  messageId: `${subject}@x.test`,
  subject,
  size: source.length,
  username: null,
  acknowledged: true,
  truncated: false,
  source: Buffer.from(source),
});

describe('mails kept in a folder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'leadwire-sandbox-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const subjectsOf = (store: MailStore) =>
    store.list({ filter: {}, order: 'asc', limit: 100 }).items.map(({ subject }) => subject);

  it('are all there after a restart, byte for byte', async () => {
    const first = await RunningSandbox.start(dir);
    await first.send({ to: 'a@x.test', subject: 'Kept', text: 'Grüße 😀' });
    const before = await (await first.request('GET', '/mails/1/raw')).text();
    await first.stop();
    const second = await RunningSandbox.start(dir);
    try {
      expect(await (await second.request('GET', '/mails/1/raw')).text()).toBe(before);
      await second.send({ to: 'a@x.test' });
      expect(await second.count()).toBe(2);
    } finally {
      await second.stop();
    }
  });

  it('are refused with 452 and not shown when they cannot be written', async () => {
    const sandbox = await RunningSandbox.start(dir);
    try {
      await sandbox.breakStorage();
      expect(await sandbox.failure({ to: 'a@x.test' })).toBe(452);
      expect(await sandbox.count()).toBe(0);
    } finally {
      await sandbox.stop();
    }
  });

  it('are there without a clean stop, and half a line at the end is cut off', async () => {
    const killed = await MailStore.open(dir);
    await Promise.all(['one', 'two'].map((subject) => killed.add(mail(subject))));
    await appendFile(join(dir, (await readdir(dir))[0] as string), '{"id":3,"subject":"never ack');
    const reopened = await MailStore.open(dir);
    await reopened.add(mail('three'));
    await Promise.all([killed.close(), reopened.close()]);
    const last = await MailStore.open(dir);
    expect(subjectsOf(last)).toEqual(['one', 'two', 'three']);
    expect(last.unreadable).toBe(0);
    await last.close();
  });

  it('survive an unreadable line among them, which is counted', async () => {
    const store = await MailStore.open(dir);
    await store.add(mail('one'));
    await store.close();
    await appendFile(join(dir, (await readdir(dir))[0] as string), 'not json\n');
    const reopened = await MailStore.open(dir);
    await reopened.add(mail('two'));
    await reopened.close();
    const last = await MailStore.open(dir);
    expect([subjectsOf(last), last.unreadable]).toEqual([['one', 'two'], 1]);
    await last.close();
  });

  it('stay deleted, and their ids stay used, over a restart', async () => {
    const store = await MailStore.open(dir);
    await store.add(mail('one'));
    await store.clear();
    expect(store.size).toBe(0);
    await store.close();
    const reopened = await MailStore.open(dir);
    expect(reopened.size).toBe(0);
    expect((await reopened.add(mail('two'))).id).toBe(2);
    await reopened.close();
  });

  it('fill one segment after the other, and the oldest go when the journal is full', async () => {
    const bounds = { segmentBytes: 1_000, totalBytes: 3_000 };
    const store = await MailStore.open(dir, { journal: bounds });
    for (let i = 0; i < 40; i += 1) await store.add(mail(`m${i}`, 'y'.repeat(200)));
    const kept = subjectsOf(store);
    expect(kept.at(-1)).toBe('m39');
    expect(kept.length).toBeLessThan(15);
    await store.close();
    const reopened = await MailStore.open(dir, { journal: bounds });
    expect(subjectsOf(reopened)).toEqual(kept);
    await reopened.close();
  });
});

describe('the bounds of memory', () => {
  it('forget the oldest mails, and drop the oldest sources before that', async () => {
    const store = await MailStore.open('', { mails: 3, sourceBytes: 20 });
    for (const subject of ['a', 'b', 'c', 'd']) await store.add(mail(subject, '0123456789'));
    const { items } = store.list({ filter: {}, order: 'asc', limit: 10 });
    expect(items.map(({ subject, source }) => [subject, source?.length ?? null])).toEqual([
      ['b', null],
      ['c', 10],
      ['d', 10],
    ]);
    expect([store.get(1), store.get(2)?.subject, store.size]).toEqual([undefined, 'b', 3]);
  });
});
