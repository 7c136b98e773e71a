import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { natsServerBinary } from './nats-binary.ts';
import { pickPort, releasePort } from './ports.ts';
import { SupervisedProcess, type Backoff, type CrashReport } from './supervised.ts';

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const PROBE_TIMEOUT_MS = 2_000;

export type NatsOptions = {
  /** The instance's folder: configuration and JetStream store live in it. One running server per folder. */
  dir: string;
  logFile: string;
  port?: number;
  backoff?: Backoff;
  onCrash?: (report: CrashReport) => void;
  onChange?: (process: SupervisedProcess) => void;
};

/** A running nats-server of ours. */
export class NatsServer {
  readonly process: SupervisedProcess;
  readonly port: number;
  readonly url: string;

  constructor(process: SupervisedProcess, port: number) {
    this.process = process;
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    releasePort(this.port);
  }

  /** Stops (or, with SIGKILL, crashes) the server, starts it on the same port, and waits until JetStream answers. */
  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.process.restart(signal);
  }
}

/**
 * Starts nats-server with JetStream on 127.0.0.1 and waits until it answers.
 * @throws Error with the fix when there is no nats-server, StartFailure when it does not come up.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const binary = await natsServerBinary();
  const port = options.port ?? (await pickPort());
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const configFile = join(options.dir, 'nats.conf');
  writeFileSync(configFile, configuration(options.dir, port), { mode: 0o600 });
  const supervised = new SupervisedProcess(
    {
      name: 'nats',
      command: binary,
      args: ['-c', configFile],
      env: { PATH: process.env.PATH },
      cwd: options.dir,
      logFile: options.logFile,
      marker: configFile,
      stopSignal: 'SIGTERM',
      stopGraceMs: STOP_GRACE_MS,
      readyTimeoutMs: READY_TIMEOUT_MS,
      isReady: async () => (await serverInfo('127.0.0.1', port))?.jetstream === true,
      backoff: options.backoff,
    },
    { crash: options.onCrash, change: options.onChange },
  );
  try {
    await supervised.start();
  } catch (error) {
    await supervised.stop();
    throw error;
  }
  return new NatsServer(supervised, port);
}

function configuration(dir: string, port: number): string {
  return [
    `server_name: ${JSON.stringify(`leadwire-${port}`)}`,
    'host: "127.0.0.1"',
    `port: ${port}`,
    // A page of what may be stored is larger than the usual megabyte, and so is a body of a megabyte with its headers.
    'max_payload: 8MB',
    `jetstream { store_dir: ${JSON.stringify(join(dir, 'jetstream'))} }`,
    '',
  ].join('\n');
}

export type ServerInfo = { version: string; jetstream?: boolean; server_name: string };

/** The INFO line every NATS server greets with; undefined when nothing (or something else) listens there. */
function serverInfo(host: string, port: number): Promise<ServerInfo | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    let text = '';
    const finish = (info?: ServerInfo): void => {
      socket.destroy();
      resolve(info);
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const end = text.indexOf('\r\n');
      if (end < 0) return;
      finish(text.startsWith('INFO ') ? (JSON.parse(text.slice(5, end)) as ServerInfo) : undefined);
    });
    socket.once('timeout', () => finish());
    socket.once('error', () => finish());
    socket.once('close', () => finish());
  });
}
