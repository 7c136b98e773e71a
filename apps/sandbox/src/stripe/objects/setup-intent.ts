import type Stripe from 'stripe';
import type { StripeChange } from '../state/stripe-change.js';
import { newStripeId, randomText } from '../state/stripe-objects.js';

/** Makes the intent to save a card that a checkout session in setup mode ends with. */
export function addSetupIntent(
  change: StripeChange,
  input: { customer: string | null; description?: string; metadata: Record<string, string> },
): Stripe.SetupIntent {
  const id = newStripeId('setup_intent');
  const intent: Stripe.SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText()}`,
    created: change.now,
    customer: input.customer,
    description: input.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: input.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  };
  change.add(intent);
  change.emit('setup_intent.created', intent);
  return intent;
}
