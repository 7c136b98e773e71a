import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BODY_BYTES_MAX } from '@leadwire/kernel';
import { exchange } from './exchange.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const LARGE = JSON.stringify('x'.repeat(BODY_BYTES_MAX));
const refuse: Handler = (request, response) => {
  request.resume();
  response.writeHead(400).end('no');
};
const hangUp: Handler = ({ socket }) => socket.destroy();

describe('a server that hangs up', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function send(body: string, small: Handler, large: Handler = hangUp) {
    const server = createServer((request, response) =>
      Number(request.headers['content-length']) > BODY_BYTES_MAX
        ? large(request, response)
        : small(request, response),
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return exchange(`http://127.0.0.1:${port}`, { method: 'POST', target: '/', headers: {}, body });
  }

  it('on a body that is too large has answered when it answers a small one', async () => {
    const { answer, cut } = await send(LARGE, refuse);
    expect({ cut, status: answer.status, text: answer.text }).toEqual({ cut: true, status: 400, text: 'no' });
  });

  it('on a body that is too large has failed when it does not answer a small one either', async () => {
    await expect(send(LARGE, hangUp)).rejects.toThrow('socket hang up');
  });

  it('on a body that it could have read has failed, and is not asked again', async () => {
    let asked = 0;
    const once: Handler = (request, response) => (asked++ === 0 ? hangUp : refuse)(request, response);
    await expect(send('{}', once)).rejects.toThrow('fetch failed');
    expect(asked).toBe(1);
  });

  it('on nothing is heard as it is', async () => {
    expect(await send(LARGE, refuse, refuse)).toMatchObject({ cut: false, answer: { status: 400 } });
  });
});
