import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './paths.ts';
import { isPortFree, pickPort as pick, releasePort } from './ports.ts';

const PORTS_MODULE = join(ROOT, 'tools/infra/ports.ts');

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
  const picked: number[] = [];
  const pickPort = async (preferred?: number): Promise<number> => {
    const port = await pick(preferred);
    picked.push(port);
    return port;
  };
  afterEach(() => picked.splice(0).forEach(releasePort));

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

  it('leaves alone what another launcher has picked but not yet opened, until that one is gone', async () => {
    const port = await pickPort();
    releasePort(port);
    const script = `import(${JSON.stringify(PORTS_MODULE)}).then(async (m) => {
      console.log(await m.pickPort(${port}));
      setInterval(() => undefined, 1000);
    })`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [theirs] = (await once(other.stdout, 'data')) as [Buffer];
    expect(Number(String(theirs))).toBe(port);
    expect(await pickPort(port)).not.toBe(port);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await pickPort(port)).toBe(port);
  });

  it('gives different ports to callers that ask at once', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => pickPort()));
    expect(new Set(ports).size).toBe(20);
  });
});
