import { PROOF_ENV } from '../../../tools/isolation/proof-env.ts';
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

/** Whoever adds an operation: where this fails for it, `tools/isolation/operation-examples.ts` wants a line. */
describe("a team's data", () => {
  let platform: Platform;
  let report: ProofReport;

  beforeAll(async () => {
    platform = await startInstance({ fast: true, env: PROOF_ENV });
    report = await proveIsolation(platform);
  });
  afterAll(() => endInstance(platform));

  it('is neither shown to nor changed by anybody who has no right to it, on any operation', () => {
    expect(violationsOf(report)).toEqual([]);
  });

  it('was asked for on every documented operation, by everybody', () => {
    const asked = new Set(report.matrix.map(({ operation, actor }) => `${operation} ${actor}`));
    const missing = report.operations.flatMap((operation) =>
      [...WITHOUT_SESSION, 'suspended', 'API key without scope', 'stranger', ...ROLES]
        .filter((name) => isAsked(operation, { name }) && !asked.has(`${operation.id} ${name}`))
        .map((name) => `${operation.id} as ${name}`),
    );
    expect(report.operations.length).toBeGreaterThan(60);
    expect(missing).toEqual([]);
  });

  it('was asked for by foreign ids in paths, bodies and filters, by cursors, keys and places in a stream', () => {
    const kinds = report.crossings.map(({ actor }) => actor.replace(/[ /?{].*/, (rest) => rest[0] ?? ''));
    for (const kind of ['{', 'body ', '?', 'cursor', 'Idempotency-Key', 'stream', 'Last-Event-ID'])
      expect(kinds).toContain(kind);
  });

  it('was there to be found: rows of it lay in the tables that the services were held against', () => {
    expect(report.catalogue.tables).toBeGreaterThan(40);
    expect(report.catalogue.rowsTried).toBeGreaterThan(100);
  });
});
