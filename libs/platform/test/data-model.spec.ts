import { modelFaults, NO_FAULTS, TestDatabase } from '@leadwire/testing';
import { probeMigrations } from './probe.service.js';

describe('the check of a schema', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create([{ service: 'probe', migrations: probeMigrations }]);
  });
  afterAll(() => database.drop());

  it('finds nothing wrong with what the migrations make', async () => {
    expect(await modelFaults(database, 'probe')).toEqual(NO_FAULTS);
  });

  it('names a tenant table without forced row-level security', async () => {
    await database.query('CREATE TABLE probe.leaky (id uuid PRIMARY KEY, tenant_id uuid NOT NULL)');
    await database.query('ALTER TABLE probe.leaky ENABLE ROW LEVEL SECURITY');
    expect((await modelFaults(database, 'probe')).unprotected).toEqual(['leaky']);
  });

  it('names what the model demands and the schema lacks', async () => {
    await database.query('CREATE SCHEMA billing');
    expect((await modelFaults(database, 'billing')).missing).toContain('billing_wallets.current_balance');
  });
});
