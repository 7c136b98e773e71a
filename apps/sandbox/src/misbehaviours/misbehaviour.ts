/** What a server can do wrong; `drop-after-data` keeps the mail it does not answer, `drop-before-store` does not. */
export const BEHAVIOURS = [
  'reject-421',
  'reject-450',
  'reject-550',
  'slow',
  'drop-after-data',
  'drop-before-store',
  'auth-failure',
] as const;
export const SCOPES = ['recipient', 'account'] as const;
export const SLOW_DELAY_DEFAULT_MS = 5_000;
export const SLOW_DELAY_MAX_MS = 600_000;
export const MISBEHAVIOURS_MAX = 1000;

export type Behaviour = (typeof BEHAVIOURS)[number];
export type Scope = (typeof SCOPES)[number];

/** The point of the SMTP dialogue at which a behaviour shows. */
export type Stage = 'auth' | 'mail' | 'recipient' | 'data';

export type Misbehaviour = {
  id: string;
  scope: Scope;
  /** An address or user name, `@domain`, or `*`. */
  match: string;
  behaviour: Behaviour;
  /** How often it still happens; null for always. */
  remaining: number | null;
  /** How often it has happened. */
  applied: number;
  /** Milliseconds before `slow` answers. */
  delayMs: number;
};

const MAGIC: Record<string, Behaviour> = {
  'bounce-550': 'reject-550',
  'defer-450': 'reject-450',
  'busy-421': 'reject-421',
  slow: 'slow',
  drop: 'drop-after-data',
};

/** What the local part of an address asks for: `bounce-550+anything@x.test`. */
export function magicBehaviour(address: string): Behaviour | undefined {
  const plus = address.indexOf('+');
  const name = address.slice(0, plus).toLowerCase();
  return plus > 0 && plus < address.lastIndexOf('@') && Object.hasOwn(MAGIC, name) ? MAGIC[name] : undefined;
}

/**
 * When a behaviour shows: a recipient is refused at RCPT, an account where it logs in or names its sender, and everything
 * that concerns the mail as a whole once its data is there.
 */
export function stageOf(scope: Scope, behaviour: Behaviour): Stage {
  switch (behaviour) {
    case 'auth-failure':
      return 'auth';
    case 'reject-421':
    case 'reject-450':
    case 'reject-550':
      return scope === 'account' ? 'mail' : 'recipient';
    case 'slow':
    case 'drop-after-data':
    case 'drop-before-store':
      return 'data';
  }
}
