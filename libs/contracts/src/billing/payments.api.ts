import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Int, ListOf, OneOf, Text, Timestamp, Uuid, WebUrl } from '../define/fields.js';
import { Nothing, pageOf, PageRequest, type Page } from '../define/page.js';
import { TOP_UP_ORIGINS, TOP_UP_STATUSES, type TopUpOrigin, type TopUpStatus } from './payment-words.js';

/** What one payment by card adds at most, in the wallet's currency: the provider takes eight digits, two of them cents. */
export const CARD_TOP_UP_MAX = '999999.99';
/** Cards that a team may save. */
export const PAYMENT_METHODS_MAX = 20;
/** Bytes of one webhook; the provider's are a few thousand. */
export const WEBHOOK_BYTES_MAX = 256 * 1024;

const AMOUNT = `More than 0, at most ${CARD_TOP_UP_MAX}, with no more decimals than the currency has.`;

export class CreateTopUp {
  @DecimalText({ description: AMOUNT, example: '25.00' })
  amount!: string;

  @Bool({
    optional: true,
    description: 'Keeps the card for topping up by itself; the payer is asked on the page.',
  })
  savePaymentMethod?: boolean;
}

export class TopUpRef {
  @Uuid()
  topUpId!: string;
}

export class ListTopUps extends PageRequest {
  @OneOf(TOP_UP_STATUSES, { optional: true })
  status?: TopUpStatus;

  @OneOf(TOP_UP_ORIGINS, { optional: true })
  origin?: TopUpOrigin;
}

/** A payment that tops the wallet up. */
export class TopUp {
  @Uuid()
  id!: string;

  @OneOf(TOP_UP_ORIGINS)
  origin!: TopUpOrigin;

  @OneOf(TOP_UP_STATUSES, {
    description: '`pending`: paid, but the money is still under way. `refunded`: all of it went back.',
  })
  status!: TopUpStatus;

  @DecimalText()
  amount!: string;

  @Text({ max: 3 })
  currency!: string;

  @DecimalText({ description: 'What of it was refunded.' })
  refunded!: string;

  @DecimalText({ description: "What of it the payer's bank has taken back in a dispute." })
  disputed!: string;

  @WebUrl({ nullable: true, description: 'The page to pay on, while it can be paid.' })
  checkoutUrl!: string | null;

  @Text({ max: 100, nullable: true, description: "The provider's word for why it failed." })
  failureCode!: string | null;

  @Uuid({ nullable: true, description: 'The posting that added it to the wallet.' })
  ledgerTransactionId!: string | null;

  @Uuid({ nullable: true, description: 'Who started it; null when it started by itself.' })
  createdBy!: string | null;

  @Timestamp({ nullable: true, description: 'Until when it can be paid.' })
  expiresAt!: string | null;

  @Timestamp({ nullable: true })
  paidAt!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export interface TopUpsApi {
  /**
   * Opens a page to pay on. Nothing is added before the provider says that it is paid.
   * @throws AppError `request.invalid` | `payment.switched_off` | `payment.provider_unavailable` | `payment.key_reused`
   */
  create(ctx: Ctx, input: CreateTopUp): Promise<TopUp>;
  /** Newest first. */
  list(ctx: Ctx, input: ListTopUps): Promise<Page<TopUp>>;
  /** @throws AppError `payment.top_up_not_found` */
  get(ctx: Ctx, input: TopUpRef): Promise<TopUp>;
  /**
   * Closes its page, so that it can be paid no more.
   * @throws AppError `payment.top_up_not_found` | `payment.top_up_settled` | `payment.provider_unavailable`
   */
  cancel(ctx: Ctx, input: TopUpRef): Promise<TopUp>;
}
export const topUpsApi = defineApi<TopUpsApi>('billing.top-ups', {
  create: { input: CreateTopUp, output: TopUp, can: 'billing.topup' },
  list: { input: ListTopUps, output: pageOf(TopUp), can: 'billing.read', idempotent: true },
  get: { input: TopUpRef, output: TopUp, can: 'billing.read', idempotent: true },
  cancel: { input: TopUpRef, output: TopUp, can: 'billing.topup', idempotent: true },
});

export class PaymentMethodRef {
  @Uuid()
  paymentMethodId!: string;
}

/** A saved card; its number is with the provider only. */
export class PaymentMethod {
  @Uuid()
  id!: string;

  @Text({ max: 40, description: "The provider's word, e.g. `card`." })
  kind!: string;

  @Text({ max: 40, nullable: true, example: 'visa' })
  brand!: string | null;

  @Text({ max: 4, nullable: true })
  last4!: string | null;

  @Int({ min: 1, max: 12, nullable: true })
  expiresMonth!: number | null;

  @Int({ min: 2000, max: 9999, nullable: true })
  expiresYear!: number | null;

  @Bool({ description: 'Whether it is charged where no other is named.' })
  isDefault!: boolean;

  @Timestamp()
  createdAt!: string;
}

export class PaymentMethods {
  @ListOf(() => PaymentMethod, { items: PAYMENT_METHODS_MAX })
  items!: PaymentMethod[];
}

export interface PaymentMethodsApi {
  /** The default first, then the newest. */
  list(ctx: Ctx, input: Nothing): Promise<PaymentMethods>;
  /** @throws AppError `payment.method_not_found` */
  makeDefault(ctx: Ctx, input: PaymentMethodRef): Promise<PaymentMethod>;
  /**
   * Forgets a card, here and at the provider; topping up by itself ends when it was the last one.
   * @throws AppError `payment.method_not_found` | `payment.provider_unavailable` | `payment.switched_off`
   */
  remove(ctx: Ctx, input: PaymentMethodRef): Promise<void>;
}
export const paymentMethodsApi = defineApi<PaymentMethodsApi>('billing.payment-methods', {
  list: { input: Nothing, output: PaymentMethods, can: 'billing.payments', idempotent: true },
  makeDefault: { input: PaymentMethodRef, output: PaymentMethod, can: 'billing.payments', idempotent: true },
  remove: { input: PaymentMethodRef, can: 'billing.payments', idempotent: true },
});

export class SetAutoTopUp {
  @Bool()
  enabled!: boolean;

  @DecimalText({ description: 'A balance below this is topped up.', example: '10.00' })
  threshold!: string;

  @DecimalText({ description: AMOUNT, example: '50.00' })
  amount!: string;

  @DecimalText({
    description: 'What is added by itself in one calendar month (UTC) at most; not less than `amount`.',
    example: '500.00',
  })
  monthlyCap!: string;

  @Uuid({ nullable: true, description: 'The card to charge; null for whichever is the default then.' })
  paymentMethodId!: string | null;
}

/** Topping up by itself, and how it has gone lately. */
export class AutoTopUp {
  @Bool()
  enabled!: boolean;

  @DecimalText({
    nullable: true,
    description: 'A balance below this is topped up; null while nothing was set.',
  })
  threshold!: string | null;

  @DecimalText({ nullable: true })
  amount!: string | null;

  @DecimalText({ nullable: true })
  monthlyCap!: string | null;

  @DecimalText({ description: 'What was added by itself this month (UTC), or is under way.' })
  usedThisMonth!: string;

  @Uuid({ nullable: true })
  paymentMethodId!: string | null;

  @Int({ min: 0, description: 'Declined in a row.' })
  declines!: number;

  @Text({ max: 100, nullable: true, description: 'Why it was declined last, or switched off.' })
  lastFailure!: string | null;

  @Timestamp({ nullable: true, description: 'Not before then, because it was declined.' })
  nextAttemptAt!: string | null;
}

export interface AutoTopUpApi {
  get(ctx: Ctx, input: Nothing): Promise<AutoTopUp>;
  /**
   * Replaces the settings, and forgets what was declined.
   * @throws AppError `request.invalid` | `payment.switched_off` | `payment.method_missing` | `payment.method_not_found`
   */
  set(ctx: Ctx, input: SetAutoTopUp): Promise<AutoTopUp>;
}
export const autoTopUpApi = defineApi<AutoTopUpApi>('billing.auto-top-up', {
  get: { input: Nothing, output: AutoTopUp, can: 'billing.read', idempotent: true },
  set: { input: SetAutoTopUp, output: AutoTopUp, can: 'billing.payments', idempotent: true },
});

/** A webhook as it came: its signature is over these very bytes. */
export class ReceiveWebhook {
  @Text({
    max: Math.ceil(WEBHOOK_BYTES_MAX / 3) * 4,
    pattern: /^[A-Za-z0-9+/]*={0,2}$/,
    description: 'Base64 of the body.',
  })
  body!: string;

  @Text({ max: 2_000, description: 'The header `Stripe-Signature`.' })
  signature!: string;
}

export interface WebhooksApi {
  /**
   * Keeps an event of the payment provider; it is acted upon after the answer.
   * @throws AppError `payment.signature_invalid` | `payment.signature_stale` | `payment.other_mode` | `payment.other_account` |
   *   `payment.event_unreadable` | `payment.switched_off`
   */
  receive(ctx: Ctx, input: ReceiveWebhook): Promise<void>;
}
export const webhooksApi = defineApi<WebhooksApi>('billing.webhooks', {
  receive: { input: ReceiveWebhook, can: 'public', idempotent: true },
});
