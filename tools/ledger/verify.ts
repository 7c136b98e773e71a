import { open } from 'node:fs/promises';
import { LedgerProof, type Anchor, type Proven } from './ledger-file.ts';

export const VERIFY_USAGE = `npm run ledger:verify -- FILE [--anchor SEQ:HASH]

FILE is what GET /v1/billing/ledger/export answered. Chain, numbering and balances are recomputed from it alone. With --anchor, the
posting SEQ must have the hash that was kept elsewhere, e.g. from the event billing.wallet.posted.`;

const READ_BYTES = 1 << 20;
const NEW_LINE = 10;

/**
 * Proves an exported ledger.
 * @throws LedgerBroken with the first line that is wrong
 */
export async function verifyFile(path: string, anchor?: Anchor): Promise<Proven> {
  const proof = new LedgerProof(anchor);
  const file = await open(path);
  try {
    let bytes = Buffer.allocUnsafe(2 * READ_BYTES);
    let filled = 0;
    for (;;) {
      // A line longer than what was read so far waits for its rest.
      if (bytes.length - filled < READ_BYTES) bytes = Buffer.concat([bytes], 2 * bytes.length);
      const { bytesRead } = await file.read(bytes, filled, READ_BYTES);
      if (bytesRead === 0) break;
      filled += bytesRead;
      const read = bytes.subarray(0, filled);
      let start = 0;
      for (let end = read.indexOf(NEW_LINE); end >= 0; end = read.indexOf(NEW_LINE, start)) {
        proof.take(read.toString('utf8', start, end));
        start = end + 1;
      }
      bytes.copyWithin(0, start, filled);
      filled -= start;
    }
    if (filled > 0) proof.take(bytes.toString('utf8', 0, filled));
  } finally {
    await file.close();
  }
  return proof.end();
}

/** @throws Error with the usage, or LedgerBroken */
export async function runVerify(file: string | undefined, anchor: string | undefined): Promise<string> {
  if (!file) throw new Error(VERIFY_USAGE);
  const started = performance.now();
  const { postings, balance, reserved, head, currency } = await verifyFile(file, anchorOf(anchor));
  const seconds = Math.max(performance.now() - started, 1) / 1000;
  const rate = Math.round(postings / seconds).toLocaleString('en');
  return [
    `✓ ${postings.toLocaleString('en')} postings follow from each other without a gap (${rate} per second).`,
    `  balance ${balance} ${currency}, of which held ${reserved}; head ${head ?? 'none'}`,
  ].join('\n');
}

function anchorOf(text: string | undefined): Anchor | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (!seq || !hash) throw new Error(VERIFY_USAGE);
  return { seq: Number(seq), hash };
}
