import { Inject } from '@nestjs/common';
import {
  chargeErrors,
  chargesApi,
  RECEIPT_POSTINGS_MAX,
  type ChargeReceipt,
  type ChargeRef,
  type ChargesApi,
  type PriceOrigin,
  type ProvenPosting,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { toLedgerTransaction } from '../ledger/ledger.service.js';
import { GET_USAGE, type UsageRow } from '../usage/usage.queries.js';
import { toUsageEvent } from '../usage/usage.service.js';
import { FIND_CHARGE, POSTINGS_OF_CHARGE, PRICES_OF_CHARGE, type PostingRow } from './receipts.queries.js';

type FoundCharge = {
  usageId: string | null;
  postingId: string | null;
  chainLength: string;
  chainHead: string | null;
};

/** What a team was charged, with the evidence to work out each charge again. */
@Serves(chargesApi)
export class ChargesService implements ChargesApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  async receipt(ctx: Ctx, { chargeId }: ChargeRef): Promise<ChargeReceipt> {
    const [found] = await this.tenant.read<FoundCharge>(ctx, FIND_CHARGE, [ctx.tenantId, chargeId]);
    if (!found) throw chargeErrors.not_found();
    const { usageId, postingId, chainLength, chainHead } = found;
    const [usage, prices, postings] = await Promise.all([
      this.tenant.read<UsageRow>(ctx, GET_USAGE, [ctx.tenantId, usageId]),
      this.tenant.read<PriceOrigin>(ctx, PRICES_OF_CHARGE, [ctx.tenantId, usageId]),
      this.tenant.read<PostingRow>(ctx, POSTINGS_OF_CHARGE, [
        ctx.tenantId,
        postingId,
        usageId,
        RECEIPT_POSTINGS_MAX,
      ]),
    ]);
    return {
      usage: usage[0] ? toUsageEvent(usage[0]) : null,
      prices,
      postings: postings.map(toProven),
      chainLength: Number(chainLength),
      chainHead,
    };
  }
}

function toProven({ hashBefore, hashed, lots, ...row }: PostingRow): ProvenPosting {
  const drawn = (lots ?? []).map((lot) => ({
    ...lot,
    expiresAt: lot.expiresAt === null ? null : new Date(lot.expiresAt).toISOString(),
  }));
  return { transaction: toLedgerTransaction(row), hashBefore, hashed, lots: drawn };
}
