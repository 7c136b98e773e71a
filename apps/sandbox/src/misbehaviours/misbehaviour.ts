/** What a mail server can do wrong; `drop-after-data` keeps the mail it does not answer, `drop-before-store` does not. */
const MAIL_BEHAVIOURS = [
  'reject-421',
  'reject-450',
  'reject-550',
  'tarpit',
  'slow',
  'drop-after-data',
  'drop-before-store',
] as const;

/** What the payment provider's API can do wrong; "effect" is what the request asked for. */
const STRIPE_API_BEHAVIOURS = [
  'error-429',
  'conflict-409',
  'error-500',
  'error-500-after-effect',
  'slow',
  'drop-before-effect',
  'drop-after-effect',
] as const;

/** What can happen to the payment provider's webhooks on their way. */
const STRIPE_WEBHOOK_BEHAVIOURS = [
  'duplicate',
  'shuffle',
  'late',
  'lost',
  'stale',
  'from-the-future',
  'wrong-secret',
  'unsigned',
  'tampered',
  'live-mode',
  'other-account',
] as const;

/** Whom a misbehaviour concerns, and what it can be. */
export const BEHAVIOURS_OF = {
  recipient: MAIL_BEHAVIOURS,
  account: [...MAIL_BEHAVIOURS, 'auth-failure'],
  'stripe-api': STRIPE_API_BEHAVIOURS,
  'stripe-webhook': STRIPE_WEBHOOK_BEHAVIOURS,
} as const;

export const SCOPES = ['recipient', 'account', 'stripe-api', 'stripe-webhook'] as const;
/** Those that wait for `delayMs`. */
export const DELAYING: readonly Behaviour[] = ['tarpit', 'slow', 'late', 'shuffle'];
export const SLOW_DELAY_DEFAULT_MS = 5_000;
export const SLOW_DELAY_MAX_MS = 600_000;
export const MISBEHAVIOURS_MAX = 1000;

export type Scope = (typeof SCOPES)[number];
export type MailScope = 'recipient' | 'account';
export type Behaviour = (typeof BEHAVIOURS_OF)[Scope][number];
export type MailBehaviour = (typeof BEHAVIOURS_OF)[MailScope][number];
export type StripeApiBehaviour = (typeof STRIPE_API_BEHAVIOURS)[number];
export type StripeWebhookBehaviour = (typeof STRIPE_WEBHOOK_BEHAVIOURS)[number];

/** The point of the SMTP dialogue at which a behaviour shows. */
export type Stage = 'auth' | 'mail' | 'recipient' | 'data';

export type Misbehaviour = {
  id: string;
  scope: Scope;
  /**
   * Of mail: an address or user name, `@domain`, or `*`. Of the API: `POST /v1/refunds`, of webhooks the type of the event;
   * a `*` at the end stands for anything.
   */
  match: string;
  behaviour: Behaviour;
  /** How often it still happens; null for always. */
  remaining: number | null;
  /** How often it has happened. */
  applied: number;
  /** Milliseconds before `tarpit` and `slow` answer, `late` sends and `shuffle` stops to wait for more. */
  delayMs: number;
};

const MAGIC: Record<string, MailBehaviour> = {
  'bounce-550': 'reject-550',
  'defer-450': 'reject-450',
  'busy-421': 'reject-421',
  slow: 'slow',
  drop: 'drop-after-data',
};

/** What the local part of an address asks for: `bounce-550+anything@x.test`. */
export function magicBehaviour(address: string): MailBehaviour | undefined {
  const plus = address.indexOf('+');
  const name = address.slice(0, plus).toLowerCase();
  return plus > 0 && plus < address.lastIndexOf('@') && Object.hasOwn(MAGIC, name) ? MAGIC[name] : undefined;
}

/**
 * When a behaviour shows: a recipient is refused at RCPT, an account where it logs in or names its sender, and everything
 * that concerns the mail as a whole once its data is there.
 */
export function stageOf(scope: MailScope, behaviour: MailBehaviour): Stage {
  switch (behaviour) {
    case 'auth-failure':
      return 'auth';
    case 'reject-421':
    case 'reject-450':
    case 'reject-550':
    case 'tarpit':
      return scope === 'account' ? 'mail' : 'recipient';
    case 'slow':
    case 'drop-after-data':
    case 'drop-before-store':
      return 'data';
  }
}
