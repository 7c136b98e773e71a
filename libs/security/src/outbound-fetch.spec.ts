import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { outboundFetch } from './outbound-fetch.js';

describe('a request to a server outside', () => {
  const servers: Server[] = [];

  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const guarded = outboundFetch({ timeoutMs: 2_000, bytesMax: 1_000 });
  const local = outboundFetch({ timeoutMs: 300, bytesMax: 1_000, allowPrivate: true });
  const failure = { code: 'outbound.unreachable', kind: 'unavailable' };

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
  ])('is never sent to %s', async (url) => {
    await expect(guarded(url)).rejects.toMatchObject({ code: 'outbound.host_refused' });
  });

  it.each(['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd'])(
    'is never sent without TLS: %s',
    async (url) => {
      await expect(guarded(url)).rejects.toMatchObject({ code: 'outbound.host_refused' });
    },
  );

  it('carries method, headers and form, and brings status, headers and body', async () => {
    const url = await serve((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        response.setHeader('x-kind', request.headers['x-kind'] ?? '');
        response.writeHead(201).end(`${request.method} ${text}`);
      });
    });
    const answer = await local(url, {
      method: 'POST',
      headers: { 'x-kind': 'test' },
      body: new URLSearchParams({ a: 'ä' }),
    });
    expect([answer.status, answer.headers.get('x-kind'), await answer.text()]).toEqual([
      201,
      'test',
      'POST a=%C3%A4',
    ]);
  });

  it('does not follow redirects', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await local(url)).status).toBe(302);
    expect(asked).toBe(1);
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['never ends its answer', (_, response) => void response.writeHead(200).write('{')],
    ['answers too much', (_, response) => void response.end('x'.repeat(1_001))],
    ['answers without end', (_, response) => endless(response.writeHead(200))],
    ['hangs up', (request) => void request.socket.destroy()],
  ])('gives up on a server that %s', async (_, listener) => {
    const url = await serve(listener);
    await expect(local(url)).rejects.toMatchObject(failure);
  });

  it('gives up where nobody listens, and when its caller does', async () => {
    await expect(local('http://127.0.0.1:1/')).rejects.toMatchObject(failure);
    const url = await serve(() => undefined);
    await expect(local(url, { signal: AbortSignal.abort() })).rejects.toMatchObject(failure);
  });
});

function endless(response: {
  write: (chunk: string) => boolean;
  once: (event: 'drain', f: () => void) => void;
}) {
  while (response.write('x'.repeat(10_000)));
  response.once('drain', () => endless(response));
}
