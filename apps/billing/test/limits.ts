import type { UsageItem } from '@leadwire/contracts';
import { amount, newId, type Ctx } from '@leadwire/kernel';
import type { Command } from '../src/ledger/command.js';
import type { Bench } from './postings.js';

export type Quota = {
  monthly?: string;
  daily?: string;
  overages?: boolean;
  rate?: string;
  enabled?: boolean;
};

/** What an operator sets, straight into the database. */
export function setQuota(
  { postings, clock }: Bench,
  ctx: Ctx,
  { monthly, daily, overages = false, rate, enabled = true }: Quota,
  feature = 'campaigns',
): Promise<void> {
  return postings.tenant.run(ctx, async (db) => {
    await postings.wallets.take(db);
    await db.query(`SELECT set_entitlement($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9)`, [
      ctx.tenantId,
      newId(),
      feature,
      enabled,
      monthly ?? null,
      daily ?? null,
      overages,
      rate ?? null,
      clock.now(),
    ]);
  });
}

/** What an owner sets, straight into the database. */
export function setAllowance(
  { postings, clock }: Bench,
  ctx: Ctx,
  userId: string,
  allowance: string | null,
): Promise<void> {
  return postings.tenant.run(ctx, async (db) => {
    await postings.wallets.take(db);
    await db.query('SELECT set_allowance($1, $2, $3, $4, NULL, $5)', [
      ctx.tenantId,
      newId(),
      userId,
      allowance,
      clock.now(),
    ]);
  });
}

const ITEM: UsageItem = {
  category: 'email',
  provider: 'smtp',
  model: null,
  unit: 'message',
  quantity: '1',
  unitPrice: '0.0100000000',
  priceId: '019aa000-0000-7000-8000-000000000001',
  priceEffectiveFrom: '2020-01-01T00:00:00.000Z',
  cost: '0.010000',
};

/** Rated usage at a cent a unit. */
export function usage(
  quantity = '1',
  { feature = 'campaigns', userId }: { feature?: string; userId?: string } = {},
): Command & { kind: 'usage' } {
  const cost = amount(quantity).mul('0.01');
  return {
    kind: 'usage',
    key: newId(),
    amount: cost,
    ...(userId === undefined ? {} : { createdBy: userId }),
    usage: {
      id: newId(),
      feature,
      items: [{ ...ITEM, quantity, cost: cost.toFixed(6) }],
      quantity,
      reference: null,
      occurredAt: new Date('2026-06-01T00:00:00Z'),
      metadata: {},
      source: 'service',
    },
  };
}
