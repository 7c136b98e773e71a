import { newId, type Ctx } from '@leadwire/kernel';
import type { TenantTransaction } from '@leadwire/persistence';
import { GOES_THE_LONG_WAY } from '../migrations/post-batch-steps.js';
import { answersTo, causeOf, rowsOf, type Batch } from './batch.js';
import type { Answer, Command } from './command.js';
import { POST_BATCH } from './posting.queries.js';

/** What adds money has more to do than to post: it is announced, pays debts, and pays for what waits. */
const POSTED_ALONE: ReadonlySet<Command['kind']> = new Set([
  'debit',
  'reserve',
  'extend',
  'capture',
  'release',
]);

/**
 * Posts a batch on the tenant's wallet in one round trip, without a transaction around it.
 * @returns undefined where a batch needs more than that; nothing happened then
 */
export async function postAlone(
  tenant: TenantTransaction,
  ctx: Ctx,
  commands: Command[],
  now: Date,
): Promise<Answer[] | undefined> {
  if (!commands.every(({ kind }) => POSTED_ALONE.has(kind))) return undefined;
  const params = [ctx.tenantId, null, now, rowsOf(commands, now), newId(), 0, causeOf(ctx)];
  try {
    const [row] = await tenant.call<{ batch: Batch | null }>(ctx, POST_BATCH, params, 'post-batch');
    return row?.batch ? answersTo(commands, row.batch) : undefined;
  } catch (error) {
    if ((error as { code?: unknown }).code === GOES_THE_LONG_WAY) return undefined;
    throw error;
  }
}
