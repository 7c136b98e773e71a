import type { TenantDb } from '@leadwire/persistence';
import type { Violation } from './invariants.js';
import { replayViolations } from './replayed.js';
import type { Audited } from './self-audit.queries.js';
import { violationsOfTail, type Tail } from './tail-checks.js';

/** Postings of one wallet that are audited in one go; the rest is due at once, behind the other wallets. */
const TAIL_POSTINGS_MAX = 10_000;

/** What of a wallet nobody audited yet, as much as is audited in one go. */
export function tailOf(walletId: string, { auditedSeq, auditedHash, auditedEvent, lastSeq }: Audited): Tail {
  const from = Number(auditedSeq);
  const to = Math.min(Number(lastSeq), from + TAIL_POSTINGS_MAX);
  return { walletId, from, to, hash: auditedHash, event: auditedEvent };
}

/** What is broken in the newest postings of a wallet, in what they left, announced and charged for. */
export async function violationsOfChanged(db: TenantDb, tail: Tail): Promise<Violation[]> {
  const posted = await violationsOfTail((sql, params) => db.query(sql, params), tail);
  return [...posted, ...(await replayViolations(db, tail))];
}
