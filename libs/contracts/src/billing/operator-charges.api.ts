import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Int, ListOf, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

/** A tenant that billing keeps a ledger of. */
export class BilledTenant {
  @Uuid()
  tenantId!: string;
}

export class ReplayCharges {
  @Uuid({ description: 'Whose charges to rate again.' })
  tenantId!: string;

  @Timestamp({ optional: true, description: 'Used at or after.' })
  from?: string;

  @Timestamp({ optional: true, description: 'Used before.' })
  to?: string;

  @Text({ max: 1024, optional: true, description: 'The `next` of the answer before.' })
  cursor?: string;
}

/**
 * What does not agree: `digits`: the stored price makes another cost or other parts of it; `price`: another price was valid at
 * the moment of use, or none; `total`: the items do not sum up to what was charged.
 */
export const REPLAY_FAULTS = ['digits', 'price', 'total'] as const;
export type ReplayFault = (typeof REPLAY_FAULTS)[number];

export class ReplayDifference {
  @Uuid()
  usageEventId!: string;

  @OneOf(REPLAY_FAULTS)
  fault!: ReplayFault;

  @Text({ max: 200, description: 'What the usage says.' })
  stored!: string;

  @Text({ max: 200, description: 'What rating it again says.' })
  replayed!: string;
}

/** Uses that one request rates again. */
export const REPLAY_USES_MAX = 2000;
export const REPLAY_DIFFERENCES_MAX = 100;

export class ChargeReplay {
  @Int({ min: 0 })
  uses!: number;

  @Int({ min: 0, description: 'Parts of uses that were rated again.' })
  items!: number;

  @Int({ min: 0, description: 'How many of them differ.' })
  differing!: number;

  @ListOf(() => ReplayDifference, { items: REPLAY_DIFFERENCES_MAX, description: 'The first that differ.' })
  differences!: ReplayDifference[];

  @Text({ max: 1024, nullable: true, description: 'Pass it as `cursor` to go on; null at the end.' })
  next!: string | null;
}

/** What those do who answer for the charges; no route leads here. */
export interface OperatorChargesApi {
  /** Every tenant that anything was ever posted for. */
  listTenants(ctx: Ctx, input: PageRequest): Promise<Page<BilledTenant>>;
  /** Rates what was charged again, from the stored prices and evidence, and says whether it gives the same digits. */
  replay(ctx: Ctx, input: ReplayCharges): Promise<ChargeReplay>;
}
export const operatorChargesApi = defineApi<OperatorChargesApi>('billing.operator-charges', {
  listTenants: { input: PageRequest, output: pageOf(BilledTenant), can: 'system', idempotent: true },
  replay: { input: ReplayCharges, output: ChargeReplay, can: 'system', idempotent: true },
});
