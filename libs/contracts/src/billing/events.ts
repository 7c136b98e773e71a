import { defineEvent } from '../define/event.js';
import { DecimalText, Int, ListOf, Text, Uuid } from '../define/fields.js';

class WalletMoment {
  @Uuid()
  walletId!: string;

  @DecimalText({ signed: true, description: 'Balance after it, in `currency`.' })
  balance!: string;

  @Text({ max: 3 })
  currency!: string;
}

export class WalletToppedUpData extends WalletMoment {
  @DecimalText()
  amount!: string;
}
export const WalletToppedUp = defineEvent(
  'billing.wallet.topped-up',
  WalletToppedUpData,
  'Money was added to a wallet.',
);

export class FundsExhaustedData extends WalletMoment {
  @DecimalText({ description: 'What could not be charged so far.' })
  pending!: string;
}
/** Campaigns pause on this; said once per crossing, not once per usage. */
export const FundsExhausted = defineEvent(
  'billing.wallet.funds-exhausted',
  FundsExhaustedData,
  'A usage could not be charged: the wallet is empty. What costs money should stop.',
);

export class FundsAvailableData extends WalletMoment {}
export const FundsAvailable = defineEvent(
  'billing.wallet.funds-available',
  FundsAvailableData,
  'All waiting usage was charged and money is left; what stopped for lack of it may go on.',
);

/** Uses that one event tells of; it stays below what an event may weigh. */
export const CHARGES_PER_EVENT_MAX = 200;

export class UsageCharge {
  @Uuid()
  usageEventId!: string;

  @Uuid()
  ledgerTransactionId!: string;

  @Text({ max: 60 })
  featureKey!: string;

  @DecimalText()
  cost!: string;
}
export class UsageChargedData {
  @Uuid()
  walletId!: string;

  @Text({ max: 3 })
  currency!: string;

  @ListOf(() => UsageCharge, { items: CHARGES_PER_EVENT_MAX, min: 1 })
  charges!: UsageCharge[];
}
/** Aggregate: the wallet. */
export const UsageCharged = defineEvent(
  'billing.usage.charged-v2',
  UsageChargedData,
  'Uses were rated and debited, together.',
);

class UsageMoment {
  @Uuid()
  usageEventId!: string;

  @Text({ max: 60 })
  featureKey!: string;
}

export class UsageFailedData extends UsageMoment {
  @Text({ max: 500 })
  reason!: string;
}
export const UsageFailed = defineEvent(
  'billing.usage.failed',
  UsageFailedData,
  'A usage could not be rated, e.g. for lack of a price; it is kept and rated again later.',
);

export class UsageVoidedData extends UsageMoment {
  @DecimalText({ description: 'What was given back; 0 when it had not been charged.' })
  cost!: string;

  @Text({ max: 3 })
  currency!: string;

  @Uuid({ nullable: true, description: 'The posting that gave it back.' })
  reversalTransactionId!: string | null;

  @Uuid({ nullable: true, description: 'The usage that stands for it, when it was corrected.' })
  correctedById!: string | null;

  @Text({ max: 500 })
  reason!: string;
}
export const UsageVoided = defineEvent(
  'billing.usage.voided',
  UsageVoidedData,
  'A usage was ended for good, and its charge given back.',
);

export class LowBalanceReachedData extends WalletMoment {
  @DecimalText()
  threshold!: string;
}
export const LowBalanceReached = defineEvent(
  'billing.wallet.low-balance-reached',
  LowBalanceReachedData,
  'The balance fell below the threshold; said again only after it was above it.',
);

export class WalletPostedData extends WalletMoment {
  @DecimalText({ description: 'What of the balance is held after it.' })
  reserved!: string;

  @Int({ min: 1, description: 'Place of the first posting of the batch in the wallet.' })
  fromSeq!: number;

  @Int({ min: 1, description: 'Place of the last one.' })
  toSeq!: number;

  @Text({
    max: 64,
    description:
      'Hash of the last one: whoever keeps it can tell later whether anything before it was changed.',
  })
  hash!: string;
}
export const WalletPosted = defineEvent(
  'billing.wallet.posted',
  WalletPostedData,
  'A batch of postings was added to the ledger of a wallet.',
);
