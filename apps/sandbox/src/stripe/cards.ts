/** Why a card is declined, in Stripe's words. */
export type Decline = { code: string; declineCode: string; message: string };

/** When the holder has to authenticate: `unless-set-up` not off session after it was set up, `always` even then. */
export type Authentication = 'none' | 'unless-set-up' | 'always';

export type TestCard = {
  number: string;
  /** Stripe's id of the ready-made payment method. */
  id: string;
  brand: 'visa' | 'mastercard' | 'amex';
  /** What it does, for the page. */
  does: string;
  authentication: Authentication;
  decline?: Decline;
  /** Declined only once it belongs to a customer: it can be saved, but not charged. */
  declinesOnceSaved?: boolean;
  /** Disputed as soon as it is charged. */
  disputed?: boolean;
  /** Refunds succeed and fail right afterwards. */
  refundsFail?: boolean;
};

const decline = (code: string, declineCode: string, message: string): Decline => ({
  code,
  declineCode,
  message,
});
const DECLINED = decline('card_declined', 'generic_decline', 'Your card was declined.');
const NO_FUNDS = decline('card_declined', 'insufficient_funds', 'Your card has insufficient funds.');

const card = (number: string, id: string, does: string, more: Partial<TestCard> = {}): TestCard => ({
  number,
  id,
  brand: 'visa',
  does,
  authentication: 'none',
  ...more,
});

/** The test cards of Stripe (docs.stripe.com/testing) that the sandbox knows. Any other number is refused. */
export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'pm_card_visa', 'pays'),
  card('5555555555554444', 'pm_card_mastercard', 'pays', { brand: 'mastercard' }),
  card('378282246310005', 'pm_card_amex', 'pays', { brand: 'amex' }),
  card('4000000000003220', 'pm_card_threeDSecure2Required', 'asks for authentication, then pays', {
    authentication: 'always',
  }),
  card('4000002500003155', 'pm_card_authenticationRequiredOnSetup', 'asks once, then pays off session', {
    authentication: 'unless-set-up',
  }),
  card('4000002760003184', 'pm_card_authenticationRequired', 'asks every time, so never pays off session', {
    authentication: 'always',
  }),
  card(
    '4000008260003178',
    'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    'asks, then has no funds',
    {
      authentication: 'always',
      decline: NO_FUNDS,
    },
  ),
  card('4000000000000002', 'pm_card_chargeDeclined', 'is declined', { decline: DECLINED }),
  card('4000000000009995', 'pm_card_chargeDeclinedInsufficientFunds', 'has insufficient funds', {
    decline: NO_FUNDS,
  }),
  card('4000000000009987', 'pm_card_chargeDeclinedLostCard', 'is reported lost', {
    decline: decline('card_declined', 'lost_card', 'Your card was declined.'),
  }),
  card('4000000000000069', 'pm_card_chargeDeclinedExpiredCard', 'is expired', {
    decline: decline('expired_card', 'expired_card', 'Your card has expired.'),
  }),
  card('4000000000000127', 'pm_card_chargeDeclinedIncorrectCvc', 'has another security code', {
    decline: decline('incorrect_cvc', 'incorrect_cvc', "Your card's security code is incorrect."),
  }),
  card('4000000000000119', 'pm_card_chargeDeclinedProcessingError', 'meets a processing error', {
    decline: decline(
      'processing_error',
      'processing_error',
      'An error occurred while processing your card. Try again in a little bit.',
    ),
  }),
  card('4000000000000341', 'pm_card_chargeCustomerFail', 'can be saved, but is declined later', {
    decline: DECLINED,
    declinesOnceSaved: true,
  }),
  card('4000000000000259', 'pm_card_createDispute', 'pays and is disputed', { disputed: true }),
  card('4000000000005126', 'pm_card_refundFail', 'pays; its refunds fail', { refundsFail: true }),
];

/** The card with this number (blanks are ignored), Stripe's ready-made id, or the token of the same name. */
export function findCard(numberOrId: string): TestCard | undefined {
  const plain = numberOrId.replace(/[\s-]/g, '');
  const id = numberOrId.replace(/^tok_/, 'pm_card_');
  return TEST_CARDS.find((known) => known.number === plain || known.id === id);
}

/** Whether the holder must authenticate before this charge goes through. */
export function needsAuthentication(
  { authentication }: TestCard,
  { offSession, setUp }: { offSession: boolean; setUp: boolean },
): boolean {
  switch (authentication) {
    case 'none':
      return false;
    case 'always':
      return true;
    case 'unless-set-up':
      return !(offSession && setUp);
  }
}
