import { TestDatabase } from '@leadwire/testing';
import { violationsOf } from '../src/audit/invariants.js';
import { openPostings } from '../src/ledger/open-postings.js';
import { migrations } from '../src/migrations/index.js';
import { overageAfter, quotaTimesOf } from '../src/usage/corrections.js';
import { closeWallets } from '../src/wallets/closing.js';
import { freezeWallet, unfreezeWallet } from '../src/wallets/freezing.js';
import { setSuspended } from '../src/wallets/suspensions.js';
import { REGRESSION_SEEDS } from './model/regression-seeds.ts';
import { runModel } from './model/run-model.ts';

const COMMANDS = 100_000;
/** The same in every run, so that a change is judged by what it changed; `npm run ledger:model` tries others. */
const SEED = 20_261_129;
/** A look takes as long as a step: short runs. */
const LOOKED_AT_COMMANDS = 500;
const LOOKED_AT_STEPS = 12;
const TIME_LIMIT_MS = 600_000;
const billing = {
  openPostings,
  violationsOf,
  freezeWallet,
  unfreezeWallet,
  setSuspended,
  closeWallets,
  quotaTimesOf,
  overageAfter,
};

describe('the posting core beside a model of it', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create([{ service: 'billing', migrations }]);
  });
  afterAll(() => database.drop());

  it(
    `agrees on every answer, every row and every invariant of ${COMMANDS} commands, with quotas, allowances, usage that
      fails, is rated late, voided and corrected, money that goes back to its payer, time passing, clocks set back, two replicas,
      repeated keys, frozen, suspended and closed wallets, connections that break and answers that are lost after the commit`,
    async () => {
      const asked = process.env['LEDGER_SEED'];
      const seed = Number(asked ?? SEED);
      const first = asked === undefined ? REGRESSION_SEEDS : [];
      const started = Date.now();
      const report = await runModel(billing, database.url('billing', 'app'), {
        commands: COMMANDS,
        seed,
        first,
      });
      process.stdout.write(
        `ledger model: seed ${seed}, ${report.commands} commands in ${report.runs} runs, ${Date.now() - started} ms\n`,
      );
      expect(report.commands).toBeGreaterThanOrEqual(COMMANDS);
    },
    TIME_LIMIT_MS,
  );

  it(
    'agrees on every row and every invariant after each single step of some hundred commands',
    async () => {
      const few = { commands: LOOKED_AT_COMMANDS, seed: SEED, every: 1, steps: LOOKED_AT_STEPS };
      const report = await runModel(billing, database.url('billing', 'app'), few);
      expect(report.commands).toBeGreaterThanOrEqual(LOOKED_AT_COMMANDS);
    },
    TIME_LIMIT_MS,
  );
});
