import { createServer, type Server } from 'node:net';
import { isPortFree, pickPort, releasePort } from './ports.ts';

function listen(host: string, port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
const portOf = (server: Server): number => (server.address() as { port: number }).port;
const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

describe('picking a port', () => {
  it('takes the preferred one when it is free, and only once', async () => {
    const free = await pickPort();
    releasePort(free);
    expect(await pickPort(free)).toBe(free);
    expect(await pickPort(free)).not.toBe(free);
  });

  it('takes the next free one when somebody listens on the preferred one', async () => {
    const other = await listen('127.0.0.1');
    expect(await pickPort(portOf(other))).toBeGreaterThan(portOf(other));
    await close(other);
  });

  it('sees a listener on the wildcard address', async () => {
    const other = await listen('0.0.0.0');
    const port = portOf(other);
    expect(await isPortFree(port)).toBe(false);
    await close(other);
    expect(await isPortFree(port)).toBe(true);
  });

  it('gives different ports to callers that ask at once', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => pickPort()));
    expect(new Set(ports).size).toBe(20);
  });
});
