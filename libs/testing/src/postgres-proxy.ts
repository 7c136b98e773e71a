import { createServer, Socket, type AddressInfo, type Server } from 'node:net';

/** Where an answer is lost: before Postgres hears of the commit, or after it committed and before the client hears of it. */
export type CommitFault = 'before' | 'after';

const QUERY = 'Q'.charCodeAt(0);
const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const COMPLETE = 'C'.charCodeAt(0);
const DATA_ROW = 'D'.charCodeAt(0);
const READY = 'Z'.charCodeAt(0);
const HEAD_BYTES = 5;

/**
 * Stands between a service and Postgres and, when told to, breaks the connection around a COMMIT, or around a statement that is a
 * transaction of its own and did something: what a crash or a cut line does at the worst moment. Everything else passes as it is.
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
    let inTransaction = false;
    // What is said of a statement outside a transaction, until it is clear whether that did anything.
    let held: Buffer[] | null = null;
    let did = false;
    upstream.connect(this.target.port, this.target.host);
    client.on('data', (bytes) => {
      const messages = asked.add(bytes);
      const commits = messages.some(isCommit);
      const alone = !inTransaction && !messages.some(isBegin) && messages.some(({ type }) => type === BIND);
      inTransaction = (inTransaction || messages.some(isBegin)) && !messages.some(endsTransaction);
      if ((commits || alone) && this.fault) {
        if (this.fault === 'before') {
          this.fault = null;
          return cut();
        }
        if (alone) {
          held = [];
          did = false;
        } else {
          mute = true;
        }
        this.fault = null;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      const messages = answered.add(bytes);
      if (held) {
        held.push(bytes);
        did ||= messages.some(saysSomething);
        if (!messages.some(({ type }) => type === READY)) return;
        if (did) return cut();
        this.fault = 'after';
        const all = Buffer.concat(held);
        held = null;
        return client.write(all);
      }
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

/** The text of a simple query, or of a statement without a name. */
function textOf({ type, body }: Message): string | undefined {
  if (type === QUERY) return body.toString('latin1', 0, body.length - 1);
  if (type === PARSE && body[0] === 0) return body.toString('latin1', 1, body.indexOf(0, 1));
  return undefined;
}

function isBegin(message: Message): boolean {
  return textOf(message)?.startsWith('BEGIN') ?? false;
}

function isCommit(message: Message): boolean {
  return textOf(message) === 'COMMIT';
}

function endsTransaction(message: Message): boolean {
  return isCommit(message) || textOf(message) === 'ROLLBACK';
}

function isCommitted({ type, body }: Message): boolean {
  return type === COMPLETE && body.toString('latin1', 0, body.length - 1) === 'COMMIT';
}

/** A row whose first column is not NULL. */
function saysSomething({ type, body }: Message): boolean {
  return type === DATA_ROW && body.readInt16BE(0) > 0 && body.readInt32BE(2) >= 0;
}
