import type { Amount } from '@leadwire/kernel';

/** Whose a payment is: written on it when it is made, and read back whenever it is fetched. */
export type PaymentOwner = { tenantId: string; topUpId: string };

/** Money of a payment that went back to its payer; undone when it came again after all. */
export type ProviderReversal = { id: string; kind: 'refund' | 'dispute'; amount: Amount; undone: boolean };

/** A payment as the provider has it now. */
export type Payment = {
  id: string;
  owner: PaymentOwner | null;
  state: 'unpaid' | 'processing' | 'succeeded' | 'canceled';
  amount: Amount;
  received: Amount;
  currency: string;
  customerId: string | null;
  /** The card, where its payer let it be kept for later. */
  savedMethodId: string | null;
  /** Why the last try to pay failed. */
  failureCode: string | null;
  reversals: ProviderReversal[];
};

export type CheckoutOrder = PaymentOwner & {
  customerId: string;
  amount: Amount;
  currency: string;
  /** Counts new tries after one that the provider answered with a failure of its own. */
  attempt: number;
  savesMethod: boolean;
};
export type Checkout = {
  id: string;
  owner: PaymentOwner | null;
  state: 'open' | 'complete' | 'expired';
  url: string | null;
  expiresAt: Date;
  paymentId: string | null;
};

export type ChargeOrder = Omit<CheckoutOrder, 'savesMethod'> & { methodId: string };
export type RefundOrder = PaymentOwner & {
  paymentId: string;
  /** Of whoever asked: of one key there is one refund. */
  key: string;
  amount: Amount;
  currency: string;
  reason: string;
};
/** The payment that was made, paid or not; or why none was made at all. */
export type Charged = { paymentId: string } | { paymentId: null; declined: string };

export type SavedMethod = {
  id: string;
  kind: string;
  brand: string | null;
  last4: string | null;
  expiresMonth: number | null;
  expiresYear: number | null;
};

/** Something that happened at the provider: only what it is about is taken from it, and that is fetched. */
export type ProviderEvent = {
  id: string;
  type: string;
  occurredAt: Date;
  subject: { kind: 'payment' | 'checkout'; id: string } | null;
};

/**
 * Who takes people's money for us. All methods but {@link readWebhook} go over the network.
 * @throws AppError `payment.switched_off` | `payment.provider_unavailable` | `payment.provider_refused`
 */
export abstract class PaymentProvider {
  /** Whether this installation can take payments at all. */
  abstract readonly enabled: boolean;

  abstract createCustomer(tenantId: string): Promise<string>;
  abstract deleteCustomer(customerId: string): Promise<void>;

  /** @throws AppError also `request.invalid` at `/amount`, when it is too little or too much for the provider */
  abstract openCheckout(order: CheckoutOrder): Promise<Checkout>;
  abstract closeCheckout(id: string): Promise<void>;
  abstract checkout(id: string): Promise<Checkout | undefined>;

  /** Charges a saved card without anybody at the browser. The same order twice is one payment. */
  abstract charge(order: ChargeOrder): Promise<Charged>;
  abstract payment(id: string): Promise<Payment | undefined>;
  /** The payment that was made for a top-up, whatever the answer said. */
  abstract findPayment(owner: PaymentOwner, customerId: string, since: Date): Promise<string | undefined>;

  /** Sends money of a payment back to its payer. The same order twice is one refund. */
  abstract refund(order: RefundOrder): Promise<void>;
  /** Whether money of a payment was sent back under this key, however long ago. */
  abstract wasRefunded(paymentId: string, key: string): Promise<boolean>;

  abstract method(id: string): Promise<SavedMethod | undefined>;
  abstract detachMethod(id: string): Promise<void>;

  /** What happened since a moment, newest first. */
  abstract events(since: Date): AsyncIterable<ProviderEvent>;
  /**
   * Reads a webhook and makes sure that the provider sent it, to us, just now.
   * @throws AppError `payment.signature_invalid` | `payment.signature_stale` | `payment.other_mode` | `payment.other_account` |
   *   `payment.event_unreadable` | `payment.switched_off`
   */
  abstract readWebhook(body: Buffer, signature: string, now: Date): ProviderEvent;
}
