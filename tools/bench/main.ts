// `npm run bench [-- --json] [--only read|relay|latency|import|identity|tokens|usage|entitlement|verify|wallet|holds]`: the figures of the design's section on
// speed, as ratios measured side by side in one run.
import { parseArgs } from 'node:util';
import { runLogged } from '../infra/commands.ts';
import { toolLog } from '../infra/paths.ts';
import { Progress } from '../infra/progress.ts';
import { describeFailure } from '../start/failure.ts';
import { machine } from './machine.ts';

type Figures = Record<string, number>;
type Row = {
  figure: string;
  measured: (f: Figures) => string;
  target: string;
  met: (f: Figures) => boolean;
  limit: string;
};

const number = (value: number | undefined, digits = 0): string =>
  value === undefined ? '–' : value.toLocaleString('en', { maximumFractionDigits: digits });

/** Every part and its load; each is imported when it runs, because the libraries are built first. */
const PARTS: Record<string, () => Promise<Figures>> = {
  read: async () => (await import('./read.ts')).benchRead(),
  relay: async () => (await import('./relay.ts')).benchRelay(),
  latency: async () => (await import('./latency.ts')).benchLatency(),
  import: async () => (await import('./import.ts')).benchImport(),
  identity: async () => (await import('./identity.ts')).benchIdentity(),
  tokens: async () => (await import('./token-check.ts')).benchTokenCheck(),
  usage: async () => (await import('./usage.ts')).benchUsage(),
  entitlement: async () => (await import('./entitlement.ts')).benchEntitlement(),
  verify: async () => (await import('./verify.ts')).benchVerify(),
  wallet: async () => (await import('./wallet.ts')).benchWallet(),
  holds: async () => (await import('./holds.ts')).benchHolds(),
};

const ROWS: Record<string, Row[]> = {
  tokens: [
    {
      figure: 'token check at the gateway, known credential, µs',
      measured: (f) =>
        `${number(f.tokenCheckUs, 2)}  (access token ${number(f.jwtCheckUs, 2)}, API key ${number(f.apiKeyCheckUs, 2)})`,
      target: '≤ 10',
      met: (f) => (f.tokenCheckUs ?? Infinity) <= 10,
      limit: 'the hash of the key',
    },
  ],
  read: [
    {
      figure: 'lead read, platform ÷ monolith, 32 clients',
      measured: (f) =>
        `${number(f.readRatio, 2)}  (${number(f.readPerSecond)} ÷ ${number(f.monolithPerSecond)} per s)`,
      target: '≥ 0.5',
      met: (f) => (f.readRatio ?? 0) >= 0.5,
      limit: 'CPU: gateway, broker, service, Postgres and the load share the cores',
    },
  ],
  relay: [
    {
      figure: 'outbox relay, events per second',
      measured: (f) => number(f.relayPerSecond),
      target: '≥ 10,000',
      met: (f) => (f.relayPerSecond ?? 0) >= 10_000,
      limit: 'CPU of the relay process, then marking the rows',
    },
    {
      figure: 'outbox relay ÷ raw pipelined publish',
      measured: (f) => `${number(f.relayRatio, 2)}  (raw ${number(f.rawPerSecond)} per s)`,
      target: '≥ 0.3',
      met: (f) => (f.relayRatio ?? 0) >= 0.3,
      limit: 'CPU of the relay process, then marking the rows',
    },
  ],
  latency: [
    {
      figure: 'commit → handled at 500 events/s, p50 ms',
      measured: (f) => number(f.latencyP50Ms, 1),
      target: '< 5',
      met: (f) => (f.latencyP50Ms ?? Infinity) < 5,
      limit: 'wake-ups of relay, broker and listener on shared cores',
    },
    {
      figure: 'commit → handled at 500 events/s, p99 ms',
      measured: (f) => number(f.latencyP99Ms, 1),
      target: '< 50',
      met: (f) => (f.latencyP99Ms ?? Infinity) < 50,
      limit: 'fsync of Postgres and garbage collection',
    },
  ],
  import: [
    {
      figure: 'CSV import, rows per second',
      measured: (f) => number(f.importRowsPerSecond),
      target: '≥ 20,000',
      met: (f) => (f.importRowsPerSecond ?? 0) >= 20_000,
      limit: 'index maintenance and WAL of Postgres, parsing in the service',
    },
    {
      figure: 'CSV import ÷ COPY into a table with its indexes',
      measured: (f) =>
        `${number(f.importRatio, 2)}  (COPY ${number(f.copyRowsPerSecond)}, into a bare table ${number(f.bareCopyRowsPerSecond)} per s)`,
      target: '≥ 0.3',
      met: (f) => (f.importRatio ?? 0) >= 0.3,
      limit: 'index maintenance and WAL of Postgres, parsing in the service',
    },
    {
      figure: 'peak memory of leads, 10 k → 1 M rows, MiB',
      measured: (f) => `${number(f.importPeakMb10k)} → ${number(f.importPeakMb1M)}`,
      target: 'flat',
      met: (f) => (f.importPeakMb1M ?? Infinity) <= 1.5 * (f.importPeakMb10k ?? 0),
      limit: 'the heap before its first full collection',
    },
  ],
  identity: [
    {
      figure: 'log-ins ÷ bare argon2id verifications',
      measured: (f) =>
        `${number(f.loginRatio, 2)}  (${number(f.loginsPerSecond)} ÷ ${number(f.hashesPerSecond)} per s)`,
      target: '≥ 0.8',
      met: (f) => (f.loginRatio ?? 0) >= 0.8,
      limit: 'what a log-in needs of gateway, broker, identity and Postgres beside its hash',
    },
    {
      figure: 'session refreshes per second and core',
      measured: (f) => number(f.refreshPerSecondPerCore),
      target: '≥ 300',
      met: (f) => (f.refreshPerSecondPerCore ?? 0) >= 300,
      limit: 'CPU: gateway, broker, identity, Postgres and the load share the cores',
    },
    {
      figure: 'log-out → refused at the gateway, p99 ms',
      measured: (f) => number(f.revocationP99Ms, 1),
      target: '< 1,000',
      met: (f) => (f.revocationP99Ms ?? Infinity) < 1_000,
      limit: 'relay and broker',
    },
  ],
  verify: [
    {
      figure: 'proof of an exported ledger, postings per second',
      measured: (f) => number(f.verifyRowsPerSecond),
      target: '≥ 100,000',
      met: (f) => (f.verifyRowsPerSecond ?? 0) >= 100_000,
      limit: 'one core: parsing JSON, SHA-256',
    },
  ],
  usage: [
    {
      figure: 'usage, from JetStream to charged, per second',
      measured: (f) =>
        `${number(f.usagePerSecond)}  (all on one wallet ${number(f.usageOneWalletPerSecond)})`,
      target: '≥ 5,000',
      met: (f) => (f.usagePerSecond ?? 0) >= 5_000,
      limit: 'CPU: broker, billing and Postgres share the cores',
    },
  ],
  entitlement: [
    {
      figure: 'one question about rights, median µs',
      measured: (f) =>
        `${number(f.entitlementUs, 2)}  (p99 ${number(f.entitlementP99Us, 1)}; all of a person's rights ${number(f.capabilitySetUs, 2)})`,
      target: '≤ 10',
      met: (f) => (f.entitlementUs ?? Infinity) <= 10,
      limit: 'SHA-256 of the roll-outs',
    },
  ],
  wallet: [
    {
      figure: 'postings on one wallet, 64 callers, per second',
      measured: (f) => number(f.walletPostingsPerSecond),
      target: '≥ 15,000',
      met: (f) => (f.walletPostingsPerSecond ?? 0) >= 15_000,
      limit: 'CPU: deciding and writing in Postgres, then the answers in the service, in turn',
    },
    {
      figure: 'postings on one wallet, p99 ms',
      measured: (f) => number(f.walletPostingsP99Ms, 1),
      target: '≤ 25',
      met: (f) => (f.walletPostingsP99Ms ?? Infinity) <= 25,
      limit: 'fsync of Postgres and garbage collection',
    },
    {
      figure: 'postings on one wallet ÷ one transaction each',
      measured: (f) => `${number(f.walletRatio, 1)}  (${number(f.plainPerSecond)} per s)`,
      target: '≥ 10',
      met: (f) => (f.walletRatio ?? 0) >= 10,
      limit: 'CPU: deciding and writing in Postgres',
    },
    {
      figure: 'postings on 1,000 wallets ÷ one transaction each',
      measured: (f) =>
        `${number(f.spreadRatio, 2)}  (${number(f.spreadPerSecond)} ÷ ${number(f.plainSpreadPerSecond)} per s)`,
      target: '≥ 1',
      met: (f) => (f.spreadRatio ?? 0) >= 1,
      limit: 'fsync: nobody shares a batch, so each posting is a commit',
    },
    {
      figure: 'cost of a posting, 1 M rows of history ÷ 10 k',
      measured: (f) => number(f.historyCostRatio, 2),
      target: 'flat',
      met: (f) => (f.historyCostRatio ?? Infinity) <= 1.25,
      limit: 'depth of the indexes, and pages that are not in memory',
    },
  ],
  holds: [
    {
      figure: 'money held, extended, captured over RPC, 64 callers, p99 ms',
      measured: (f) => `${number(f.reservationP99Ms, 1)}  (${number(f.reservationsPerSecond)} per s)`,
      target: '≤ 25',
      met: (f) => (f.reservationP99Ms ?? Infinity) <= 25,
      limit: 'CPU: broker, billing, Postgres and the callers share the cores',
    },
    {
      figure: 'one question about a quota, asked before, µs',
      measured: (f) => number(f.quotaCheckUs, 2),
      target: '≤ 10',
      met: (f) => (f.quotaCheckUs ?? Infinity) <= 10,
      limit: 'CPU',
    },
  ],
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
  const wanted = values.only ? [values.only] : Object.keys(PARTS);
  const unknown = wanted.find((name) => !PARTS[name]);
  if (unknown)
    throw new Error(`There is no part "${unknown}". fix: one of ${Object.keys(PARTS).join(', ')}.`);

  const progress = new Progress(values.json);
  await progress.step('Build', () =>
    runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') }),
  );
  const figures: Figures = {};
  for (const name of wanted)
    Object.assign(figures, await progress.step(name, PARTS[name] as () => Promise<Figures>));
  process.stdout.write(`\n${table(wanted, figures)}\n`);
  const rounded = Object.entries(figures).map(([key, value]) => [key, Number(value.toFixed(3))]);
  if (values.json) process.stdout.write(`${JSON.stringify(Object.fromEntries(rounded))}\n`);
}

function table(parts: string[], figures: Figures): string {
  const lines = parts.flatMap((part) =>
    (ROWS[part] ?? []).map((row) => {
      const met = row.met(figures);
      const limit = met ? '' : `  limited by: ${row.limit}`;
      return `${met ? '✓' : '✗'} ${row.figure.padEnd(50)} ${row.measured(figures).padEnd(36)} target ${row.target}${limit}`;
    }),
  );
  return [machine(), ...lines].join('\n');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
