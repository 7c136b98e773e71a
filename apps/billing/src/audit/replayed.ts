import type { ReplayDifference } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import type { ChargedUse } from '../charges/charges.queries.js';
import { pricesOfUses, replay } from '../charges/replay.js';
import type { Violation } from './invariants.js';

/** Uses that are rated again between two looks at anything else. */
const REPLAY_AT_ONCE = 500;

export const REPLAYED = {
  id: 'I14',
  says: 'rated again by the prices and evidence that it keeps, each charge has the same digits',
};

type Posted = ChargedUse & { seq: string };

// What was reported ahead of its moment was rated by the prices that were known then; others may have been published for it since.
const CHARGED_BETWEEN = `
  SELECT u.id, u.usage_items AS items, u.total_cost AS cost, u.currency, u.occurred_at AS "occurredAt",
         u.occurred_at::text AS position, l.wallet_seq AS seq
  FROM billing_ledger_transactions l
  JOIN billing_usage_events u ON u.ledger_transaction_id = l.id
  WHERE l.wallet_id = $1
    AND l.wallet_seq > $2
    AND l.wallet_seq <= $3
    AND l.reference_type = 'usage_event'
    AND l.transaction_type = 'debit'
    AND u.occurred_at <= u.created_at
  ORDER BY l.wallet_seq
  LIMIT $4`;

/** Rates again what postings of a wallet after `from` up to `to` were charged for, and says which uses come out otherwise. */
export async function replayViolations(
  db: TenantDb,
  { walletId, from, to }: { walletId: string; from: number; to: number },
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (let after = from; after < to;) {
    const uses = await db.query<Posted>(CHARGED_BETWEEN, [walletId, after, to, REPLAY_AT_ONCE]);
    const prices = await pricesOfUses(db, uses);
    for (const use of uses) {
      const [difference] = replay(use, prices);
      if (difference) found.push(violation(db.tenantId, walletId, difference));
    }
    after = uses.length < REPLAY_AT_ONCE ? to : Number(uses.at(-1)?.seq);
  }
  return found;
}

function violation(
  tenantId: string,
  walletId: string,
  { usageEventId, fault, stored, replayed }: ReplayDifference,
): Violation {
  const { id, says } = REPLAYED;
  const detail = `${fault}: stored ${stored}, rated again ${replayed}`;
  return { invariant: `${id}: ${says}`, tenantId, walletId, row: usageEventId, detail };
}
