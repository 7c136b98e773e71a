import { amount, assert, moneyText, type Amount } from '@leadwire/kernel';
import { walletErrors } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import type { Answer, Command } from '../ledger/command.js';
import { setSuspended } from '../wallets/suspensions.js';

/** What of a wallet paying back needs; the wallet itself calls it, so it cannot be its class. */
export type PayingWallet = {
  readonly id: string;
  readonly available: Amount;
  post(commands: Command[]): Promise<Answer[]>;
};

/** Money that went back to its payer and was not taken from the wallet yet. */
export type Debt = {
  id: string;
  kind: string;
  providerId: string;
  lotId: string;
  owed: string;
  taken: string;
};

const OWED = `
  SELECT r.id, r.kind, r.provider_id AS "providerId", t.ledger_transaction_id AS "lotId",
         r.amount - r.taken - r.waived AS owed, r.taken
  FROM billing_payment_reversals r
  JOIN billing_top_ups t ON t.tenant_id = r.tenant_id AND t.id = r.top_up_id
  WHERE r.tenant_id = $1
    AND r.taken + r.waived < r.amount
  ORDER BY r.created_at, r.id
  LIMIT 100`;
const TAKE = `UPDATE billing_payment_reversals SET taken = taken + $3 WHERE tenant_id = $1 AND id = $2`;
const DISPUTES_OWED = `
  SELECT EXISTS (
    SELECT FROM billing_payment_reversals
    WHERE tenant_id = $1 AND kind = 'dispute' AND taken + waived < amount) AS owed`;

/** Pays what is owed from what is available, oldest first. */
export async function payDebts(db: TenantDb, wallet: PayingWallet): Promise<void> {
  const debts = await db.query<Debt>(OWED, [db.tenantId]);
  if (debts.length === 0) return;
  for (const debt of debts) await take(db, wallet, debt);
  await suspendWhileDisputed(db, wallet);
}

/**
 * Takes what is owed out of the wallet, as far as there is any: it never goes below zero.
 * @returns what is still owed
 * @throws AppError `wallet.frozen`
 */
export async function take(db: TenantDb, wallet: PayingWallet, debt: Debt): Promise<Amount> {
  const owed = amount(debt.owed);
  const possible = wallet.available.lt(owed) ? wallet.available : owed;
  if (possible.lte(0)) return owed;
  // Named by how much was taken before: each part is taken once.
  const key = `${debt.kind}:${debt.providerId}:${debt.taken}`;
  const description = debt.kind === 'dispute' ? 'Disputed payment' : 'Refunded payment';
  const reference = { referenceType: 'stripe_payment', referenceId: debt.id } as const;
  const [answer] = await wallet.post([
    { kind: 'refund', key, amount: possible, lotId: debt.lotId, description, ...reference },
  ]);
  if (answer?.outcome === 'frozen') throw walletErrors.frozen();
  assert(answer?.outcome === 'posted', 'what is available can be paid back, once');
  await db.execute(TAKE, [db.tenantId, debt.id, moneyText(possible)]);
  return owed.minus(possible);
}

/** Whoever owes money of a dispute cannot spend until it is paid. */
export async function suspendWhileDisputed(db: TenantDb, wallet: PayingWallet): Promise<void> {
  const [row] = await db.query<{ owed: boolean }>(DISPUTES_OWED, [db.tenantId]);
  await setSuspended(db, wallet.id, 'dispute', row?.owed === true);
}
