import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@leadwire/messaging';

const STOP_DEADLINE_MS = 5_000;
/** Below those that systems give to outgoing connections, beside those of the launcher, and above 10080, which `fetch` refuses. */
const PORTS = { first: 10_100, count: 9_900 };

/** A nats-server with JetStream of its own for one spec file: its store survives a restart, as a real one's does. */
export class TestNats {
  private child?: ChildProcess;

  private constructor(
    private readonly port: number,
    private readonly dir: string,
  ) {}

  static async start(): Promise<TestNats> {
    const nats = new TestNats(await freePort(), await mkdtemp(join(tmpdir(), 'leadwire-nats-')));
    await nats.up();
    return nats;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts the server (again) and waits until it answers. */
  async up(): Promise<void> {
    const bin = process.env['NATS_SERVER_BIN'] ?? 'nats-server';
    const config = join(this.dir, 'nats.conf');
    await writeFile(config, 'max_payload: 8MB\n');
    const listen = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.dir];
    this.child = spawn(bin, ['-c', config, ...listen], { stdio: 'ignore' });
    this.child.on('error', () => undefined);
    const connection = await connectNats(this.url, 'test-probe');
    await connection.close();
  }

  /** Ends the server: gracefully, or at once with `SIGKILL`. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    await this.down('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A TCP port that nobody listens on right now, and that no connection going out is given before it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
