import { bool, EnvError, makeValidator, str, url } from '@leadwire/platform';

/** An http(s) address without a path, or nothing. */
const origin = makeValidator<string>((input) => {
  if (input === '') return '';
  const parsed = URL.canParse(input) ? new URL(input) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.pathname !== '/')
    throw new EnvError('must be an address without a path, such as https://api.stripe.com');
  return input;
});

export const paymentConfig = {
  APP_URL: url({
    default: 'http://localhost:3000',
    desc: 'Where people open Leadwire in a browser; the payment page sends them back there.',
    example: 'https://app.example.com',
  }),
  STRIPE_SECRET_KEY: str({
    default: '',
    desc: 'Key of the Stripe account that takes the money; empty: nobody can pay by card. Secret.',
    example: 'sk_live_…',
  }),
  STRIPE_API_URL: origin({
    default: '',
    desc: 'Where Stripe is reached; empty: at Stripe itself.',
    example: 'http://127.0.0.1:8030',
  }),
  STRIPE_WEBHOOK_SECRETS: str({
    default: '',
    desc: 'Signing secrets of the webhook endpoint, separated by commas; two while one gives way to the next. Secret.',
    example: 'whsec_…',
  }),
  STRIPE_LIVEMODE: bool({
    default: false,
    desc: 'Whether money is real: webhooks of the other mode are refused.',
  }),
};
