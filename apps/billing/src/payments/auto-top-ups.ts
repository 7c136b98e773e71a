import { AutoTopUpDeclined } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';
import { requeueAutoTopUp, unqueueAutoTopUp } from './auto-top-up-queue.js';
import {
  GET_AUTO_TOP_UP,
  NOTE_DECLINE,
  NOTE_SUCCESS,
  SWITCH_OFF,
  WATCH_BALANCE,
  type AutoTopUpRow,
} from './auto-top-up.queries.js';
import { nextAfterDecline } from './decline-backoff.js';
import type { TopUpRow } from './top-ups.queries.js';

/** Notes that an automatic top-up was declined: waits longer each time, and ends it after too many in a row. */
export async function noteDecline(db: TenantDb, topUp: TopUpRow, reason: string, now: Date): Promise<void> {
  const [settings] = await db.query<AutoTopUpRow>(GET_AUTO_TOP_UP, [db.tenantId]);
  const declines = (settings?.declines ?? 0) + 1;
  const next = settings?.enabled ? nextAfterDecline(declines, now) : null;
  await db.execute(NOTE_DECLINE, [db.tenantId, declines, now, next, reason]);
  if (next) await requeueAutoTopUp(db, next);
  else await stopWatching(db);
  db.emit(AutoTopUpDeclined, topUp.id, {
    topUpId: topUp.id,
    amount: topUp.amount,
    currency: topUp.currency,
    reason,
    switchedOff: next === null,
    nextAttemptAt: next?.toISOString() ?? null,
  });
}

/** Notes that an automatic top-up was paid; the balance may still be low, so it is looked at once more. */
export async function noteSuccess(db: TenantDb, now: Date): Promise<void> {
  await db.execute(NOTE_SUCCESS, [db.tenantId]);
  await requeueAutoTopUp(db, now);
}

/** Ends topping up by itself until somebody switches it on again. */
export async function switchOff(db: TenantDb, reason: string): Promise<void> {
  await db.execute(SWITCH_OFF, [db.tenantId, reason]);
  await stopWatching(db);
}

async function stopWatching(db: TenantDb): Promise<void> {
  await db.execute(WATCH_BALANCE, [db.tenantId, null]);
  await unqueueAutoTopUp(db);
}
