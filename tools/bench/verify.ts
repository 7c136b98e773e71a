import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Chain, chainStart, leafOf, type LedgerHeader, type LedgerLine } from '../ledger/ledger-file.ts';
import { verifyFile } from '../ledger/verify.ts';

const POSTINGS = 300_000;
const ROUNDS = 3;
const IDS = ['0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', '0190a1b2-c3d4-7e5f-8a9b-ffffffffffff'] as const;

/** Proves an export of half a million postings, as a customer would who keeps one; the best of three rounds. */
export async function benchVerify(): Promise<{ verifyRowsPerSecond: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'leadwire-verify-'));
  const file = join(dir, 'ledger.ndjson');
  try {
    await pipeline(exportOf(POSTINGS), createWriteStream(file));
    let verifyRowsPerSecond = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      const { postings } = await verifyFile(file);
      verifyRowsPerSecond = Math.max(verifyRowsPerSecond, postings / ((performance.now() - started) / 1000));
    }
    return { verifyRowsPerSecond };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** An export as billing writes it: a top-up, and debits for usage. */
function* exportOf(count: number): Generator<string> {
  const of = { tenantId: IDS[0], walletId: IDS[1] };
  const lines: string[] = [];
  const chain = new Chain();
  chain.head = chainStart(of.walletId);
  let units = 0;
  for (let seq = 1; seq <= count; seq++) {
    const by = seq === 1 ? count * 1000 : -1000;
    const line: LedgerLine = {
      seq,
      id: `${IDS[0].slice(0, 24)}${seq.toString(16).padStart(12, '0')}`,
      type: seq === 1 ? 'topup' : 'debit',
      amount: text(by),
      balanceBefore: text(units),
      balanceAfter: text(units + by),
      reservedAmount: '0.000000',
      reservedBefore: '0.000000',
      reservedAfter: '0.000000',
      counterAccount: seq === 1 ? 'cash' : 'revenue',
      referenceType: seq === 1 ? 'manual' : 'usage_event',
      referenceId: IDS[1],
      reservationId: null,
      createdBy: null,
      createdAt: '2026-11-29T12:00:00.123456Z',
      requestHash: 'ab'.repeat(32),
      idempotencyKey: `email:${IDS[0]}`,
      description: null,
      metadata: '{}',
      hash: '',
    };
    units += by;
    lines.push(`${JSON.stringify({ ...line, hash: chain.next(leafOf(of, line)) })}\n`);
  }
  const header: LedgerHeader = {
    format: 'leadwire-ledger-1',
    ...of,
    currency: 'USD',
    after: 0,
    afterHash: null,
    openingBalance: '0.000000',
    openingReserved: '0.000000',
    last: count,
    head: chain.head,
    balance: text(units),
    reserved: '0.000000',
  };
  yield `${JSON.stringify(header)}\n`;
  yield* lines;
}

/** Whole millionths as a decimal. */
function text(units: number): string {
  const digits = Math.abs(units).toString().padStart(7, '0');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
