import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { DecimalText, Int, ListOf, Nested, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { CREDIT_SOURCES, LedgerTransaction, type CreditSource } from './ledger.api.js';
import { UsageEvent } from './usage.api.js';

/** Postings that one receipt shows; a charge has one, and some more when it was voided. */
export const RECEIPT_POSTINGS_MAX = 100;

export class ChargeRef {
  @Uuid({ description: 'A usage event, or a posting of the ledger.' })
  chargeId!: string;
}

/** What a posting took from one lot of credit, or gave back to it. */
export class LotDrawn {
  @Uuid()
  lotId!: string;

  @OneOf(CREDIT_SOURCES)
  source!: CreditSource;

  @Int({
    min: 0,
    max: 100,
    description: 'Lower ones are drained first, then what expires first, then what came first.',
  })
  priority!: number;

  @Timestamp({ nullable: true })
  expiresAt!: string | null;

  @DecimalText({ signed: true, description: 'Taken from the lot; negative when it was given back.' })
  amount!: string;
}

/** A posting with all that its hash is made of: SHA-256 over the 32 bytes of `hashBefore` and the UTF-8 of `hashed`. */
export class ProvenPosting {
  @Nested(() => LedgerTransaction)
  transaction!: LedgerTransaction;

  @Text({
    max: 64,
    description: 'Hash of the posting before it, or what the chain of the wallet starts with.',
  })
  hashBefore!: string;

  @Text({ max: 32_000, description: 'What was hashed: every column of the posting, joined.' })
  hashed!: string;

  @ListOf(() => LotDrawn)
  lots!: LotDrawn[];
}

/** Which import a price of the list came with. */
export class PriceOrigin {
  @Uuid({ description: 'As the items name it.' })
  priceId!: string;

  @Uuid({ nullable: true, description: 'The import that made it; null for what no import made.' })
  draftId!: string | null;

  @Int({
    min: 1,
    nullable: true,
    description: 'Line of that file; null where the price goes on after one that interrupted it.',
  })
  draftLine!: number | null;
}

export class ChargeReceipt {
  @Nested(() => UsageEvent, {
    nullable: true,
    description:
      'What was used, and each item with its price version, tiers and rounding; null when no usage is behind it.',
  })
  usage!: UsageEvent | null;

  @ListOf(() => PriceOrigin, { description: 'Where the prices of its items come from, each once.' })
  prices!: PriceOrigin[];

  @ListOf(() => ProvenPosting, {
    items: RECEIPT_POSTINGS_MAX,
    description:
      'The charge, and what gave it back or corrected it since, in order. Empty while it is not charged.',
  })
  postings!: ProvenPosting[];

  @Int({ min: 0, description: 'Postings of the wallet by now.' })
  chainLength!: number;

  @Text({
    max: 64,
    nullable: true,
    description: 'Hash of the last one: the chain leads from each posting here to it.',
  })
  chainHead!: string | null;
}

export interface ChargesApi {
  /**
   * Explains a charge: what was used, at which price, how it was rounded, which credit paid for it, and where it stands in the chain.
   * @throws AppError `charge.not_found`
   */
  receipt(ctx: Ctx, input: ChargeRef): Promise<ChargeReceipt>;
}
export const chargesApi = defineApi<ChargesApi>('billing.charges', {
  receipt: { input: ChargeRef, output: ChargeReceipt, can: 'billing.read', idempotent: true },
});
