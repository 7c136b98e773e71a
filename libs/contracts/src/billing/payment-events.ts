import { defineEvent } from '../define/event.js';
import { Bool, DecimalText, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { TOP_UP_ORIGINS, type TopUpOrigin } from './payment-words.js';

class TopUpMoment {
  @Uuid()
  topUpId!: string;

  @OneOf(TOP_UP_ORIGINS)
  origin!: TopUpOrigin;

  @DecimalText()
  amount!: string;

  @Text({ max: 3 })
  currency!: string;
}

export class TopUpSucceededData extends TopUpMoment {
  @Uuid()
  ledgerTransactionId!: string;
}
export const TopUpSucceeded = defineEvent(
  'billing.top-up.succeeded',
  TopUpSucceededData,
  'A payment arrived and was added to the wallet.',
);

export class TopUpFailedData extends TopUpMoment {
  @Text({ max: 100, description: "The provider's word for it, e.g. `card_declined`." })
  reason!: string;
}
export const TopUpFailed = defineEvent(
  'billing.top-up.failed',
  TopUpFailedData,
  'A payment was declined, or its page expired; nothing was added.',
);

export class TopUpReversedData extends TopUpMoment {
  @OneOf(['refund', 'dispute'])
  kind!: 'refund' | 'dispute';

  @DecimalText({ description: 'What of it went back to the payer this time.' })
  reversed!: string;

  @DecimalText({ description: 'What of that the wallet could not give: money paid in later pays it first.' })
  owed!: string;
}
export const TopUpReversed = defineEvent(
  'billing.top-up.reversed',
  TopUpReversedData,
  'A payment went back to its payer, and was taken out of the wallet again.',
);

export class AutoTopUpDeclinedData {
  @Uuid()
  topUpId!: string;

  @DecimalText()
  amount!: string;

  @Text({ max: 3 })
  currency!: string;

  @Text({
    max: 100,
    description:
      "The provider's word for it; `authentication_required` when the payer must confirm it themselves.",
  })
  reason!: string;

  @Bool({ description: 'Whether it was declined so often that it is switched off now.' })
  switchedOff!: boolean;

  @Timestamp({ nullable: true, description: 'When it is tried again; null when it is not.' })
  nextAttemptAt!: string | null;
}
export const AutoTopUpDeclined = defineEvent(
  'billing.auto-top-up.declined',
  AutoTopUpDeclinedData,
  'The saved card could not be charged when the balance ran low.',
);
