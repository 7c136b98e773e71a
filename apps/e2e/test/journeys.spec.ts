import { accountsJourney } from './journeys/accounts.ts';
import { erasureJourney } from './journeys/erasure.ts';
import { fundsJourney } from './journeys/funds.ts';
import { invoicesJourney } from './journeys/invoices.ts';
import { largeImportJourney } from './journeys/large-import.ts';
import { mainJobJourney } from './journeys/main-job.ts';
import { oidcJourney } from './journeys/oidc.ts';
import { paymentsJourney } from './journeys/payments.ts';
import { pricesJourney } from './journeys/prices.ts';
import { rightsJourney } from './journeys/rights.ts';
import { secretsInLogsJourney } from './journeys/secrets-in-logs.ts';
import { startWorld, type World } from './journeys/world.ts';

/** What leaves a platform as usable as it was shares one: starting it takes longer than most of what is done with it. */
describe('one Leadwire', () => {
  let started: World;
  const world = () => started;

  beforeAll(async () => {
    started = await startWorld();
  });
  afterAll(() => started?.end());

  // While the logs are short.
  secretsInLogsJourney(world);
  // Before others have had the service take memory.
  largeImportJourney(world);
  accountsJourney(world);
  oidcJourney(world);
  rightsJourney(world);
  pricesJourney(world);
  paymentsJourney(world);
  invoicesJourney(world);
  fundsJourney(world);
  // Leaves a dead letter.
  mainJobJourney(world);
  // Kills processes.
  erasureJourney(world);
});
