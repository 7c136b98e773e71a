import pg from 'pg';
import { TestDatabase } from '@leadwire/testing';
import type { QueryRunner } from 'typeorm';
import { messagingTables, migrateAll, Retention, roleUrl, tenantIsolation } from '../src/index.js';

class CreateNotes20261122120000 {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...messagingTables('scratch'),
      'CREATE TABLE notes (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, content text NOT NULL)',
      ...tenantIsolation('notes'),
    ];
    for (const sql of statements) await runner.query(sql);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
class BreakNotes20261122130000 {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (id int)');
    await runner.query('SELECT 1 / 0');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
const scratch = { service: 'scratch', migrations: [CreateNotes20261122120000] };
const roleSecret = 'test-role-secret';

describe('migrations', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create([]);
  });
  afterAll(() => database.drop());

  const as = async <T>(role: 'app' | 'relay', work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({
      connectionString: roleUrl(database.adminUrl, roleSecret, 'scratch', role),
    });
    await client.connect();
    return work(client).finally(() => client.end());
  };

  it('are applied once when three start them at the same time', async () => {
    const run = () => migrateAll({ adminUrl: database.adminUrl, roleSecret, services: [scratch] });
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flatMap(({ scratch }) => scratch)).toEqual(['CreateNotes20261122120000']);
  });

  it('leave nothing of one that fails', async () => {
    const broken = { service: 'scratch', migrations: [CreateNotes20261122120000, BreakNotes20261122130000] };
    await expect(migrateAll({ adminUrl: database.adminUrl, roleSecret, services: [broken] })).rejects.toThrow(
      /division by zero/,
    );
    expect(await database.query(`SELECT to_regclass('scratch.half_done') AS found`)).toEqual([
      { found: null },
    ]);
  });

  it('make a role that sees no row without a tenant, only the tenant’s own with one, and cannot write another’s', async () => {
    const [mine, other] = ['018f4e1a-7c3b-7000-8000-000000000001', '018f4e1a-7c3b-7000-8000-000000000002'];
    await as('app', async (client) => {
      const add = (tenant: string | undefined) =>
        client.query('INSERT INTO notes (id, tenant_id, content) VALUES (gen_random_uuid(), $1, $2)', [
          tenant,
          'x',
        ]);
      await expect(add(mine)).rejects.toThrow(/row-level security/);
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [mine]);
      await add(mine);
      await expect(add(other)).rejects.toThrow(/row-level security/);
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [other]);
      expect((await client.query('SELECT * FROM notes')).rows).toEqual([]);
      expect((await client.query('DELETE FROM notes')).rowCount).toBe(0);
      await expect(client.query('ALTER TABLE notes DISABLE ROW LEVEL SECURITY')).rejects.toThrow(
        /must be owner/,
      );
    });
  });

  it('keep what is young and sweep what has served its time', async () => {
    await database.query(
      `INSERT INTO scratch.domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata, processed, processed_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'a.b.c', 'b', gen_random_uuid(), '{}', '{}', done, CASE WHEN done THEN at END
       FROM (VALUES (true, now() - interval '8 days'), (true, now()), (false, now() - interval '8 days')) AS v (done, at)`,
    );
    await database.query(
      `INSERT INTO scratch.inbox (consumer, event_id, received_at)
       VALUES ('x', gen_random_uuid(), now() - interval '15 days'), ('x', gen_random_uuid(), now())`,
    );
    const retention = new Retention(roleUrl(database.adminUrl, roleSecret, 'scratch', 'relay'), (error) => {
      throw error;
    });
    expect(await retention.sweep()).toBe(2);
    expect(await database.query('SELECT count(*)::int AS n FROM scratch.domain_events')).toEqual([{ n: 2 }]);
  });
});
