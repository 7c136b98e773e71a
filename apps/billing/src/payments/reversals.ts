import { TopUpReversed, walletErrors } from '@leadwire/contracts';
import { amount, assert, moneyText, newId, type Amount } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { suspendWhileDisputed, take } from './debts.js';
import type { ProviderReversal } from './payment-provider.js';
import { PaymentMismatch } from './payment-mismatch.js';
import type { TopUpRow } from './top-ups.queries.js';

type ReversalRow = {
  id: string;
  amount: string;
  taken: string;
  waived: string;
  returned: string;
  undone: boolean;
};

const FIND = `
  SELECT id, amount, taken, waived, returned, undone
  FROM billing_payment_reversals
  WHERE tenant_id = $1 AND provider_id = $2`;
const INSERT = `
  INSERT INTO billing_payment_reversals (id, tenant_id, wallet_id, top_up_id, kind, provider_id, amount, created_at)
  VALUES ($2, $1, $3, $4, $5, $6, $7, $8)`;
const UNDO = `
  UPDATE billing_payment_reversals
  SET waived = amount - taken, returned = taken, undone = true
  WHERE tenant_id = $1 AND id = $2`;
const SUM_UP = `
  UPDATE billing_top_ups t
  SET refunded = sums.refunded, disputed = sums.disputed,
      status = CASE WHEN sums.disputed > 0 THEN 'disputed' WHEN sums.refunded >= t.amount THEN 'refunded' ELSE 'succeeded' END
  FROM (
    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
           coalesce(sum(amount) FILTER (WHERE kind = 'dispute'), 0) AS disputed
    FROM billing_payment_reversals
    WHERE tenant_id = $1 AND top_up_id = $2 AND NOT undone
  ) sums
  WHERE t.tenant_id = $1 AND t.id = $2`;

/**
 * Brings the wallet to where refunds and disputes of a paid top-up stand at the provider: takes what is new, gives back what was
 * undone. Whatever was done before is left alone, so it may run as often as it likes.
 * @throws PaymentMismatch; AppError `wallet.frozen`
 */
export async function applyReversals(
  db: TenantDb,
  wallet: LockedWallet,
  topUp: TopUpRow & { ledgerTransactionId: string },
  reversals: ProviderReversal[],
  now: Date,
): Promise<void> {
  let changed = false;
  for (const reversal of reversals) {
    const [known] = await db.query<ReversalRow>(FIND, [db.tenantId, reversal.id]);
    if (known && !reversal.amount.eq(known.amount))
      throw new PaymentMismatch(
        `${reversal.id} was of ${known.amount} and is of ${reversal.amount.toFixed()}`,
      );
    // What was undone before we heard of it never moved anything.
    if (known ? known.undone === reversal.undone : reversal.undone) continue;
    if (known) await giveBack(db, wallet, reversal, known);
    else await takeBack(db, wallet, topUp, reversal, now);
    changed = true;
  }
  if (!changed) return;
  await db.execute(SUM_UP, [db.tenantId, topUp.id]);
  await suspendWhileDisputed(db, wallet);
}

async function takeBack(
  db: TenantDb,
  wallet: LockedWallet,
  topUp: TopUpRow & { ledgerTransactionId: string },
  { id: providerId, kind, amount: value }: ProviderReversal,
  now: Date,
): Promise<void> {
  const id = newId();
  await db.execute(INSERT, [db.tenantId, id, wallet.id, topUp.id, kind, providerId, moneyText(value), now]);
  // What ended meanwhile is settled first, so that what is available is what the posting will find.
  await wallet.expire();
  const owed = await take(db, wallet, {
    id,
    kind,
    providerId,
    lotId: topUp.ledgerTransactionId,
    owed: moneyText(value),
    taken: moneyText(amount('0')),
  });
  db.emit(TopUpReversed, topUp.id, {
    topUpId: topUp.id,
    origin: topUp.origin,
    amount: topUp.amount,
    currency: topUp.currency,
    kind,
    reversed: moneyText(value),
    owed: moneyText(owed),
  });
}

// What was never taken is owed no more; what was comes back.
async function giveBack(
  db: TenantDb,
  wallet: LockedWallet,
  { id: providerId, kind }: ProviderReversal,
  { id, taken, returned }: ReversalRow,
): Promise<void> {
  await db.execute(UNDO, [db.tenantId, id]);
  const back: Amount = amount(taken).minus(returned);
  if (back.isZero()) return;
  const [answer] = await wallet.post([
    {
      kind: 'reinstatement',
      key: `undo:${providerId}`,
      amount: back,
      referenceType: 'stripe_payment',
      referenceId: id,
      description: kind === 'dispute' ? 'Dispute won' : 'Refund failed',
    },
  ]);
  if (answer?.outcome === 'frozen') throw walletErrors.frozen();
  assert(answer?.outcome === 'posted', 'what was taken is given back, once');
}
