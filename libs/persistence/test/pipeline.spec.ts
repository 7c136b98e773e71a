import { TestDatabase } from '@leadwire/testing';
import pg from 'pg';
import { Connections } from '../src/connections.js';
import { Pipeline, type SqlConnection } from '../src/pipeline.js';

describe('statements that leave together', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let connections: Connections;

  beforeAll(async () => {
    database = await TestDatabase.create([]);
    await database.query('CREATE TABLE notes (id int PRIMARY KEY, content text)');
    pool = new pg.Pool({ connectionString: database.adminUrl, max: 1, ...{ pipeline: true } });
    // As the services' pools do: that a connection is gone is told to who uses it.
    pool.on('error', () => undefined);
    connections = new Connections(pool);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  afterEach(() => database.query('TRUNCATE notes'));

  const insert = (id: number, content = 'text') => ({
    name: 'insert-note',
    text: 'INSERT INTO notes VALUES ($1, $2) RETURNING id',
    values: [id, content],
  });
  const ids = async () =>
    (await database.query<{ id: number }>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);
  const inTransaction = <T>(work: (sql: SqlConnection) => Promise<T>) =>
    connections.transaction(undefined, work);

  it('get each its own answer, named or not, with rows or without', async () => {
    const replies = await inTransaction((sql) =>
      Promise.all([
        sql.query(insert(1)),
        sql.query(insert(2)),
        sql.query('UPDATE notes SET content = $1', ['new']),
        sql.query({ text: 'SELECT content FROM notes WHERE id = $1', values: [2] }),
        sql.query(''),
        sql.query('SELECT count(*)::int AS n FROM notes'),
      ]),
    );
    expect(replies.map(({ rows }) => rows)).toEqual([
      [{ id: 1 }],
      [{ id: 2 }],
      [],
      [{ content: 'new' }],
      [],
      [{ n: 2 }],
    ]);
    expect(replies[2]?.rowCount).toBe(2);
    expect(await ids()).toEqual([1, 2]);
  });

  it('have their rows, however often a connection runs them under one name, with failures in between', async () => {
    const select = { name: 'whole-note', text: 'SELECT id, content FROM notes WHERE id = $1', values: [1] };
    const clear = { name: 'clear-note', text: 'UPDATE notes SET content = NULL WHERE id = $1', values: [1] };
    await connections.statement(insert(1));
    const looks = [];
    for (let look = 0; look < 3; look++) {
      const [rows, cleared] = await inTransaction((sql) =>
        Promise.all([sql.query(select), sql.query(clear)]),
      );
      looks.push([rows.rows, rows.fields.map(({ name }) => name), cleared.rowCount]);
      await expect(
        inTransaction((sql) => Promise.all([sql.query(select), sql.query(insert(1))])),
      ).rejects.toThrow();
    }
    const names = ['id', 'content'];
    expect(looks).toEqual([
      [[{ id: 1, content: 'text' }], names, 1],
      [[{ id: 1, content: null }], names, 1],
      [[{ id: 1, content: null }], names, 1],
    ]);
  });

  it('fail when the rows of one would look otherwise than when it was prepared, and never come misread', async () => {
    await database.query('CREATE TABLE growing (id int); INSERT INTO growing VALUES (1)');
    const all = { name: 'all-growing', text: 'SELECT * FROM growing' };
    expect((await connections.statement(all)).rows).toEqual([{ id: 1 }]);
    await database.query('ALTER TABLE growing ALTER COLUMN id TYPE text');
    await expect(connections.statement(all)).rejects.toMatchObject({ code: '0A000' });
  });

  it('fail with the first that fails, and the connection goes on', async () => {
    const outcomes = await inTransaction(async (sql) => {
      const outcomes = await Promise.allSettled([
        sql.query(insert(1)),
        sql.query(insert(1)),
        sql.query(insert(3)),
      ]);
      throw Object.assign(new Error('on purpose'), { outcomes });
    }).catch((error: Error & { outcomes: PromiseSettledResult<unknown>[] }) => error.outcomes);
    const duplicate = { status: 'rejected', reason: { code: '23505' } };
    expect(outcomes).toMatchObject([duplicate, duplicate, duplicate]);
    expect(await ids()).toEqual([]);
    await inTransaction((sql) => sql.query(insert(4)));
    expect(await ids()).toEqual([4]);
  });

  it('fail when they fail at the commit, though each was answered', async () => {
    await database.query('CREATE TABLE deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
    const twice = { text: 'INSERT INTO deferred VALUES (1), (1) RETURNING id' };
    await expect(connections.statement(twice)).rejects.toMatchObject({ code: '23505' });
    await expect(inTransaction((sql) => sql.query(twice))).rejects.toMatchObject({ code: '23505' });
    expect(await database.query('SELECT FROM deferred')).toEqual([]);
  });

  it('leave a statement that was never parsed to be parsed the next time', async () => {
    const select = { name: 'select-note', text: 'SELECT content FROM notes WHERE id = $1', values: [1] };
    const failing = inTransaction((sql) => Promise.all([sql.query('SELECT 1 / 0'), sql.query(select)]));
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await inTransaction(async (sql) => (await sql.query(select)).rows)).toEqual([]);
  });

  it('do not include one whose values cannot be sent, nor what stands behind it', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const failing = inTransaction((sql) =>
      Promise.all([sql.query(insert(1)), sql.query('SELECT $1::json', [circular]), sql.query(insert(2))]),
    );
    await expect(failing).rejects.toThrow(/circular/i);
    expect(await ids()).toEqual([]);
    await inTransaction((sql) => sql.query(insert(5)));
    expect(await ids()).toEqual([5]);
  });

  it('are rolled back when the work fails, also while they are under way', async () => {
    const failing = inTransaction(async (sql) => {
      sql.query(insert(1)).catch(() => undefined);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await ids()).toEqual([]);
    expect((await connections.statement({ text: 'SELECT 1 AS one' })).rows).toEqual([{ one: 1 }]);
  });

  it('are all told when the connection is lost', async () => {
    const client = await pool.connect();
    client.on('error', () => undefined);
    const pipeline = new Pipeline(client);
    const { rows } = await pipeline.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // Held by another connection until the end: the first of the two waits for it.
    const lock = 'SELECT pg_advisory_lock(1)';
    await database.query(lock);
    const lost = Promise.allSettled([pipeline.query(lock), pipeline.query('SELECT 1')]);
    await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    client.release(true);
    expect((await connections.statement({ text: 'SELECT 1 AS one' })).rows).toEqual([{ one: 1 }]);
  });

  it('cannot write when they only read', async () => {
    const acting = { text: 'SELECT 1' };
    expect(await connections.read(acting, { text: 'SELECT 2 AS two' })).toEqual([{ two: 2 }]);
    await expect(connections.read(acting, insert(1))).rejects.toMatchObject({ code: '25006' });
    expect(await ids()).toEqual([]);
  });
});
