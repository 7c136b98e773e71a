import { FREEZE_REASON_MAX, WalletFrozen, WalletUnfrozen, type FreezeCause } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import type { LockedWallet } from '../ledger/locked-wallet.js';
import { FREEZE_WALLET, UNFREEZE_WALLET } from './freezing.queries.js';

/**
 * Stops a wallet: nothing is paid in or out, and usage waits. What a closed wallet or one that is frozen already is told changes
 * nothing. The caller saves the wallet.
 * @returns whether it was stopped now
 */
export async function freezeWallet(
  db: TenantDb,
  wallet: LockedWallet,
  { cause, reason, now }: { cause: FreezeCause; reason: string; now: Date },
): Promise<boolean> {
  const why = reason.slice(0, FREEZE_REASON_MAX).toWellFormed();
  const stopped = await db.execute(FREEZE_WALLET, [db.tenantId, wallet.id, cause, why, now]);
  if (stopped === 0) return false;
  wallet.emit(WalletFrozen, { walletId: wallet.id, cause, reason: why, frozenAt: now.toISOString() });
  return true;
}

/**
 * Lets a frozen wallet go on as it was before. The caller charges what waited, and saves the wallet.
 * @returns whether it was frozen
 */
export async function unfreezeWallet(db: TenantDb, wallet: LockedWallet): Promise<boolean> {
  const [freed] = await db.query<{ cause: FreezeCause }>(UNFREEZE_WALLET, [db.tenantId, wallet.id]);
  if (!freed) return false;
  wallet.emit(WalletUnfrozen, { walletId: wallet.id, cause: freed.cause });
  return true;
}
