import { RunningSandbox } from './running-sandbox.js';

describe('texts', () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(() => sandbox.request('DELETE', '/texts'));

  const send = (form: Record<string, string>, account = 'AC1', credentials = 'AC1:token') =>
    fetch(`${sandbox.url}/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams(form),
    });
  const TEXT = { To: '+4915112345678', From: '+15005550006', Body: 'Hello & welcome' };
  const items = async (query = '') =>
    (await sandbox.get<{ items: Record<string, unknown>[] }>(`/texts${query}`)).items;

  it('are taken by the wire of Twilio and can be read, newest first', async () => {
    const response = await send(TEXT);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      status: 'queued',
      account_sid: 'AC1',
      to: TEXT.To,
      error_code: null,
    });
    await send({ ...TEXT, To: '+4915100000000', Body: 'Second' });
    expect(await items()).toMatchObject([{ body: 'Second' }, { body: 'Hello & welcome', account: 'AC1' }]);
    expect(await items('?to=%2B4915112345678&limit=5')).toMatchObject([{ to: TEXT.To }]);
  });

  it.each([
    ['without a number', { ...TEXT, To: '' }, 400, 21604],
    ['without a sender', { ...TEXT, From: '' }, 400, 21603],
    ['without words', { ...TEXT, Body: '' }, 400, 21602],
    ['too long', { ...TEXT, Body: 'x'.repeat(1_601) }, 400, 21617],
    ['to what is no number', { ...TEXT, To: '0151 12345678' }, 400, 21211],
    ['to the number that Twilio calls invalid', { ...TEXT, To: '+15005550001' }, 400, 21211],
    ['to the number that is overrun', { ...TEXT, To: '+15005550429' }, 429, 30001],
  ])('are refused %s', async (_, form, status, code) => {
    const response = await send(form);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, status, message: expect.any(String) });
    expect(await items()).toEqual([]);
  });

  it('are refused without the account that the address names', async () => {
    for (const credentials of ['AC2:token', 'AC1:', ''])
      expect((await send(TEXT, 'AC1', credentials)).status).toBe(401);
    expect(await items()).toEqual([]);
  });
});
