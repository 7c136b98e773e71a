import { newId } from '@leadwire/kernel';
import { TestDatabase } from '@leadwire/testing';
import { migrations } from '../src/migrations/index.js';
import { KnownTimeZones20261130034600 } from '../src/migrations/20261130034600-known-time-zones.js';

const SERVICE = 'campaigns';
const INSERT_ACCOUNT = `
  INSERT INTO campaigns.email_accounts (id, tenant_id, email, smtp_host, smtp_port, timezone)
  VALUES ($1, $2, 'sam@seller.test', 'mail.seller.test', 587, $3)`;

describe('an upgrade', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    const before = migrations.slice(0, migrations.indexOf(KnownTimeZones20261130034600));
    database = await TestDatabase.create([{ service: SERVICE, migrations: before }]);
  });
  afterAll(() => database.drop());

  it('gives accounts whose time zone the database does not know UTC, and leaves the others as they are', async () => {
    const zones = ['AET', '+02:00', 'US/Pacific-New', 'Europe/Berlin', 'asia/tokyo', 'Japan'];
    for (const zone of zones) await database.query(INSERT_ACCOUNT, [newId(), newId(), zone]);
    await database.migrate([{ service: SERVICE, migrations }]);
    const rows = await database.query<{ timezone: string }>(
      'SELECT timezone FROM campaigns.email_accounts ORDER BY id',
    );
    expect(rows.map(({ timezone }) => timezone)).toEqual([
      ...['UTC', 'UTC', 'UTC'],
      ...['Europe/Berlin', 'asia/tokyo', 'Japan'],
    ]);
  });
});
