import { modelFaults, NO_FAULTS, TestDatabase } from '@leadwire/testing';
import { migrations } from '../src/migrations/index.js';

it('the schema carries the required model, and no tenant table is without forced row-level security', async () => {
  const database = await TestDatabase.create([{ service: 'identity', migrations }]);
  try {
    expect(await modelFaults(database, 'identity')).toEqual(NO_FAULTS);
  } finally {
    await database.drop();
  }
});

it('a fresh installation has nobody in it: no account, no team, no API key', async () => {
  const database = await TestDatabase.create([{ service: 'identity', migrations }]);
  try {
    const [rows] = await database.query(
      `SELECT (SELECT count(*)::int FROM identity.users) AS users, (SELECT count(*)::int FROM identity.tenants) AS teams,
              (SELECT count(*)::int FROM identity.api_keys) AS keys`,
    );
    expect(rows).toEqual({ users: 0, teams: 0, keys: 0 });
  } finally {
    await database.drop();
  }
});
