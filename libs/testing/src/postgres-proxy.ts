import { createServer, Socket, type AddressInfo, type Server } from 'node:net';

/** Where an answer is lost: before Postgres hears of the commit, or after it committed and before the client hears of it. */
export type CommitFault = 'before' | 'after';

const QUERY = 'Q'.charCodeAt(0);
const PARSE = 'P'.charCodeAt(0);
const COMPLETE = 'C'.charCodeAt(0);
const HEAD_BYTES = 5;

/**
 * Stands between a service and Postgres and, when told to, breaks the connection around a COMMIT: what a crash or a cut line does
 * at the worst moment. Everything else passes as it is.
 */
export class PostgresProxy {
  private fault: CommitFault | null = null;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.join(client));
  }

  /** @param databaseUrl whose host and port it stands for */
  static async start(databaseUrl: string): Promise<PostgresProxy> {
    const { hostname, port } = new URL(databaseUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PostgresProxy(server, { host: hostname, port: Number(port || 5432) });
  }

  /** The same database by way of this proxy. */
  url(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Breaks the connection of whoever commits next. */
  breakNextCommit(fault: CommitFault): void {
    this.fault = fault;
  }

  /** Takes back what no commit has met; says whether there was anything to take back. */
  calmDown(): boolean {
    const waiting = this.fault !== null;
    this.fault = null;
    return waiting;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const upstream = new Socket();
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        this.open.delete(socket);
        cut();
      });
    }
    const asked = new Messages(false);
    const answered = new Messages(true);
    let mute = false;
    upstream.connect(this.target.port, this.target.host);
    client.on('data', (bytes) => {
      const commits = asked.add(bytes).some(isCommit);
      if (commits && this.fault) {
        mute = this.fault === 'after';
        this.fault = null;
        if (!mute) return cut();
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      const messages = answered.add(bytes);
      if (!mute) return client.write(bytes);
      if (messages.some(isCommitted)) cut();
    });
  }
}

type Message = { type: number; body: Buffer };

/** Cuts a stream of the wire protocol (PostgreSQL manual, 54.7) into messages. The first of a client has no type. */
class Messages {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private started: boolean) {}

  add(bytes: Buffer): Message[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const messages: Message[] = [];
    if (!this.started) {
      if (this.rest.length < 4 || this.rest.length < this.rest.readInt32BE(0)) return messages;
      this.rest = this.rest.subarray(this.rest.readInt32BE(0));
      this.started = true;
    }
    for (;;) {
      if (this.rest.length < HEAD_BYTES) return messages;
      const end = 1 + this.rest.readInt32BE(1);
      if (this.rest.length < end) return messages;
      messages.push({ type: this.rest[0] as number, body: this.rest.subarray(HEAD_BYTES, end) });
      this.rest = this.rest.subarray(end);
    }
  }
}

/** COMMIT as a simple query, or as a statement without a name. */
function isCommit({ type, body }: Message): boolean {
  if (type === QUERY) return body.toString('latin1', 0, body.length - 1) === 'COMMIT';
  return type === PARSE && body.toString('latin1', 0, 8) === '\0COMMIT\0';
}

function isCommitted({ type, body }: Message): boolean {
  return type === COMPLETE && body.toString('latin1', 0, body.length - 1) === 'COMMIT';
}
