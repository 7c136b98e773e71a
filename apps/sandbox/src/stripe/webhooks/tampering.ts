import type { StripeWebhookBehaviour } from '../../misbehaviours/misbehaviour.js';
import type { StripeEvent } from '../state/stripe-objects.js';
import { signatureOf } from './signature.js';

/** More than the five minutes that Stripe's libraries tolerate. */
const STALE_S = 600;

/** What goes over the wire for an event, spoilt as asked. No secret: no signature. */
export function tamper(
  event: StripeEvent,
  secrets: readonly string[],
  now: number,
  behaviour: StripeWebhookBehaviour | undefined,
): { body: string; signature: string | undefined } {
  const body = JSON.stringify(spoil(event, behaviour));
  const at = behaviour === 'stale' ? now - STALE_S : behaviour === 'from-the-future' ? now + STALE_S : now;
  const signature = signatureOf(
    body,
    behaviour === 'wrong-secret' ? ['whsec_of_somebody_else'] : secrets,
    at,
  );
  return {
    body: behaviour === 'tampered' ? body.replace('"created":', '"created": ') : body,
    signature: behaviour === 'unsigned' || secrets.length === 0 ? undefined : signature,
  };
}

function spoil(event: StripeEvent, behaviour: StripeWebhookBehaviour | undefined): StripeEvent {
  switch (behaviour) {
    case 'live-mode':
      return { ...event, livemode: true };
    case 'other-account':
      return { ...event, account: 'acct_1SomebodyElse' };
    default:
      return event;
  }
}
