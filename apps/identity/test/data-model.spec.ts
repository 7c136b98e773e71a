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
