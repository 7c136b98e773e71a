import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestService } from '@leadwire/testing';
import { signUp, startIdentity } from './identity-client.js';

const BREACHED = 'a sentence from a breach';
const hash = createHash('sha1').update(BREACHED).digest('hex').toUpperCase();

describe('breached passwords', () => {
  let service: TestService;
  let server: Server;
  const asked: { url: string; padding: unknown }[] = [];
  let mood: 'answers' | 'fails' | 'says nothing' = 'answers';

  beforeAll(async () => {
    server = createServer(({ url = '', headers }, response) => {
      asked.push({ url, padding: headers['add-padding'] });
      if (mood === 'fails') response.writeHead(503).end();
      if (mood === 'answers')
        response.end(`0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n${hash.slice(5)}:37\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    service = await startIdentity({ BREACHED_PASSWORDS_URL: `http://127.0.0.1:${port}` });
  });
  afterAll(async () => {
    await service.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    asked.length = 0;
    mood = 'answers';
  });

  it('are refused, and no more than five digits of their hash leave the house', async () => {
    await expect(signUp(service, { password: BREACHED })).rejects.toMatchObject({
      code: 'account.password_refused',
      details: { extras: { reason: 'breached' } },
    });
    expect(asked).toEqual([
      { url: expect.stringMatching(`^/range/${hash.slice(0, 5)}(\\?|$)`), padding: 'true' },
    ]);
  });

  it('do not keep others out', async () => {
    await signUp(service);
    expect(asked).toHaveLength(1);
  });

  it.each(['fails', 'says nothing'] as const)(
    'cannot be known when the service %s, and people sign up',
    async (how) => {
      mood = how;
      // In time for the deadline that every request has.
      await signUp(service, { password: BREACHED });
      expect(asked).toHaveLength(1);
    },
  );

  it('are not asked for when the shipped list knows the password', async () => {
    await expect(signUp(service, { password: 'password1234' })).rejects.toMatchObject({
      code: 'account.password_refused',
    });
    expect(asked).toEqual([]);
  });
});
