import { fuzzApi, type FuzzReport } from '../../../tools/fuzz/fuzz.ts';
import { LogInProvider } from '../../../tools/isolation/log-in-provider.ts';
import { isAsked } from '../../../tools/isolation/matrix.ts';
import { proveIsolation, violationsOf, type ProofReport } from '../../../tools/isolation/proof.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

const ROLES = ['owner', 'admin', 'manager', 'agent', 'viewer'];
const WITHOUT_SESSION = [
  'no token',
  'expired',
  'forged',
  'alg none',
  'alg HS256',
  'altered',
  'logged out',
  'demoted',
  'removed',
];
/** Good in themselves, and worth nothing here. */
const HELD = ['suspended', 'API key without scope', 'API key elsewhere'];

/** Enough to meet each kind of mutation on every operation; a night's run takes `FUZZ_RUNS=1000`. */
const RUNS_PER_OPERATION = 12;
/** The same requests in every run, so that a change is judged by what it changed; other seeds find what nobody thought of. */
const SEED = 20_261_129;

const runs = Number(process.env['FUZZ_RUNS'] ?? RUNS_PER_OPERATION);
const seed = Number(process.env['FUZZ_SEED'] ?? SEED);

describe('every operation of the API', () => {
  let platform: Platform;
  let provider: LogInProvider;
  const crashes: string[] = [];

  beforeAll(async () => {
    provider = await LogInProvider.start();
    platform = await startInstance({
      fast: true,
      env: await provider.env(),
      onCrash: ({ name }) => void crashes.push(name),
    });
  });
  afterAll(async () => {
    await endInstance(platform);
    await provider.stop();
  });

  /** Whoever adds an operation: where this fails for it, `tools/isolation/operation-examples.ts` wants a line. */
  describe("a team's data", () => {
    let report: ProofReport;

    beforeAll(async () => {
      report = await proveIsolation(platform, provider);
    });

    it('is neither shown to nor changed by anybody who has no right to it, on any operation', () => {
      expect(violationsOf(report)).toEqual([]);
    });

    it('was asked for on every documented operation, by everybody', () => {
      const asked = new Set(report.matrix.map(({ operation, actor }) => `${operation} ${actor}`));
      const missing = report.operations.flatMap((operation) =>
        [...WITHOUT_SESSION, ...HELD, 'stranger', ...ROLES]
          .filter((name) => isAsked(operation, { name }) && !asked.has(`${operation.id} ${name}`))
          .map((name) => `${operation.id} as ${name}`),
      );
      expect(report.operations.length).toBeGreaterThan(60);
      expect(missing).toEqual([]);
    });

    it('lets through whoever may, on every operation, and answers with declared fields only', () => {
      const successes = new Map(report.operations.map(({ id, successes }) => [id, successes]));
      const reached = report.matrix.filter(
        ({ operation, status, violations }) =>
          successes.get(operation)?.includes(status) && violations.length === 0,
      );
      const proven = new Set(reached.map(({ operation }) => operation));
      expect(report.operations.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
    });

    it('was asked for by foreign ids in paths, bodies and filters, by cursors, keys and places in a stream', () => {
      const kinds = report.crossings.map(({ actor }) => actor.replace(/[ /?{].*/, (rest) => rest[0] ?? ''));
      for (const kind of ['{', 'body ', '?', 'cursor', 'Idempotency-Key', 'stream', 'Last-Event-ID'])
        expect(kinds).toContain(kind);
    });

    it('was asked for where nobody needs a session, by credentials, an invitation and a log-in that are another team’s', () => {
      const tried = report.crossings.map(({ operation, actor }) => `${operation} by ${actor}`);
      expect(tried).toEqual(
        expect.arrayContaining([
          'identity.accounts.logIn by body /tenantId',
          'identity.accounts.logIn by body /tenantSlug',
          'identity.closing.restore by body /tenantId',
          'identity.oidc.link by body /tenantId',
          'identity.oidc.start by body /tenantId',
          'identity.oidc.complete by tenantId of the start',
          "identity.invitees.accept by another's invitation",
        ]),
      );
    });

    it('was there to be found: rows of it lay in the tables that the services were held against', () => {
      expect(report.catalogue.tables).toBeGreaterThan(40);
      expect(report.catalogue.rowsTried).toBeGreaterThan(100);
    });
  });

  describe(`the API, sent requests made from its document (FUZZ_SEED=${seed} FUZZ_RUNS=${runs})`, () => {
    let report: FuzzReport;

    beforeAll(async () => {
      report = await fuzzApi(platform, provider, { runs, seed });
    });

    it('answers each as documented, in time, without a failure of its own, and takes nothing that is not documented', () => {
      expect(report.failures).toEqual([]);
      expect(report.requests).toBeGreaterThan(report.operations);
    });

    it('succeeds on every operation, so that what each documents of its success is held against an answer', () => {
      expect(report.succeeded).toBe(report.operations);
    });

    it('loses no process and buries no event over it', () => {
      expect({ crashes, deadLetters: report.deadLetters }).toEqual({ crashes: [], deadLetters: 0 });
    });
  });
});
