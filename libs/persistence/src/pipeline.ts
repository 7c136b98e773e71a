import pg from 'pg';

/** What a transaction asks of its connection. */
export type SqlConnection = {
  query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
};

/** pg's connection, as its queries use it; the published types leave this out. */
type Wire = {
  stream: { cork: () => void; uncork: () => void };
  submittedNamedStatements: Record<string, string>;
  describe: (portal: unknown) => void;
  sync: () => void;
};

/** pg's query, as its client uses it; the published types leave this out, too. */
type Statement = {
  name?: string;
  text: string;
  /** Sends it, or says why it cannot be sent. */
  submit: (wire: Wire) => Error | null;
  handleRowDescription: (message: unknown) => void;
  handleDataRow: (message: unknown) => void;
  handleCommandComplete: (message: unknown, wire: Wire) => void;
  handleEmptyQuery: (wire: Wire) => void;
  handleReadyForQuery: (wire: Wire) => void;
  handleError: (error: Error, wire: Wire) => void;
};
type Waiting = { statement: Statement; failure?: Error };

const nothing = (): void => undefined;

/**
 * What each connection was told of the rows of its prepared statements, undefined of one that has none. They never change: the server
 * refuses a statement whose rows would ("cached plan must not change result type").
 */
const shapes = new WeakMap<Wire, Map<string, unknown>>();

function shapesOn(wire: Wire): Map<string, unknown> {
  const known = shapes.get(wire) ?? new Map<string, unknown>();
  shapes.set(wire, known);
  return known;
}

/**
 * Several statements that leave in one packet, with one Sync at its end, and are answered in one: the server writes at a Sync. One
 * that fails takes the others along, as in a transaction it would anyway (PostgreSQL manual, "Message Flow", "Pipelining").
 */
class Batch extends pg.Query {
  private answered = 0;
  private shapes = new Map<string, unknown>();

  constructor(private readonly sent: Waiting[]) {
    super({ text: '' });
    this.next(0);
  }

  override submit = (connection: unknown): void => {
    const wire = connection as Wire;
    const { sync, describe } = wire;
    this.shapes = shapesOn(wire);
    wire.stream.cork();
    // Each of pg's queries ends with a Sync of its own.
    wire.sync = nothing;
    try {
      for (const [i, waiting] of this.sent.entries()) {
        const { statement } = waiting;
        const known = statement.name !== undefined && this.shapes.has(statement.name);
        wire.describe = known ? nothing : describe;
        const failure = statement.submit(wire) ?? waiting.failure;
        if (!failure) {
          const shape = known && this.shapes.get(statement.name as string);
          if (shape) statement.handleRowDescription(shape);
          continue;
        }
        for (const { statement } of this.sent.splice(i)) abandon(statement, failure, wire);
        break;
      }
    } finally {
      Object.assign(wire, { sync, describe });
      wire.sync();
      wire.stream.uncork();
    }
  };

  handleRowDescription(message: unknown): void {
    const { current } = this;
    if (current?.name) this.shapes.set(current.name, message);
    current?.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.current?.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, wire: Wire): void {
    const { current } = this;
    if (current?.name && !this.shapes.has(current.name)) this.shapes.set(current.name, undefined);
    current?.handleCommandComplete(message, wire);
    this.next(this.answered + 1);
  }

  handleEmptyQuery(wire: Wire): void {
    this.current?.handleEmptyQuery(wire);
    this.next(this.answered + 1);
  }

  handleReadyForQuery(wire: Wire): void {
    for (const { statement } of this.sent) statement.handleReadyForQuery(wire);
  }

  /** Also for those that were answered: without a transaction around them, they are committed at the Sync, or not at all. */
  handleError(error: Error, wire: Wire): void {
    for (const { statement } of this.sent) abandon(statement, error, wire);
  }

  private get current(): Statement | undefined {
    return this.sent[this.answered]?.statement;
  }

  // By name and text pg notes which statement the server has parsed. Getters made for each batch would be a hidden class for each:
  // V8 keeps those, and through them all batches with their rows, until it marks the whole heap.
  private next(answered: number): void {
    this.answered = answered;
    Object.assign(this, { name: this.current?.name, text: this.current?.text });
  }
}

function abandon(statement: Statement, error: Error, wire: Wire): void {
  // Perhaps the server has not parsed it: the next one under this name brings its text.
  if (statement.name) delete wire.submittedNamedStatements[statement.name];
  statement.handleError(error, wire);
}

/**
 * A connection on which statements that are sent in the same turn share a packet and an answer. A write to a socket costs either side
 * more than most statements do.
 */
export class Pipeline implements SqlConnection {
  private readonly waiting: Waiting[] = [];

  /** @param client of a pool whose clients pipeline */
  constructor(private readonly client: pg.PoolClient) {}

  query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values: unknown[] = [],
  ): Promise<pg.QueryResult<R>> {
    if (this.waiting.length === 0) process.nextTick(() => this.flush());
    return new Promise<pg.QueryResult<R>>((resolve, reject) => {
      const config = typeof statement === 'string' ? { text: statement, values } : statement;
      const waiting: Partial<Waiting> = {};
      const callback = (error: Error | undefined, result: pg.ResultBuilder<R>): void => {
        if (!error) return resolve(result);
        waiting.failure = error;
        reject(error);
      };
      const query = new pg.Query({ ...config, ...EXTENDED }, callback);
      this.waiting.push(Object.assign(waiting, { statement: query as unknown as Statement }));
    }).catch((error: Error) => {
      // Leads to whoever asked, instead of to the socket.
      Error.captureStackTrace(error);
      throw error;
    });
  }

  /** Ends the transaction, whatever became of its statements. @throws when the connection is lost */
  async rollBack(): Promise<void> {
    this.flush();
    // In a packet of its own: a failure passes over what stands behind it in its own.
    await this.client.query('ROLLBACK');
  }

  private flush(): void {
    if (this.waiting.length > 0) this.client.query(new Batch(this.waiting.splice(0)));
  }
}

/** Without values, too: a simple query is a Sync of its own. Missing in the published types. */
const EXTENDED = { queryMode: 'extended' };
