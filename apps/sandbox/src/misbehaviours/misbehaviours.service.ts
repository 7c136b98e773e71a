import { Injectable } from '@nestjs/common';
import { defineErrors, newId } from '@leadwire/kernel';
import {
  magicBehaviour,
  MISBEHAVIOURS_MAX,
  SLOW_DELAY_DEFAULT_MS,
  stageOf,
  type Behaviour,
  type MailBehaviour,
  type MailScope,
  type Misbehaviour,
  type Scope,
  type Stage,
  type StripeApiBehaviour,
  type StripeWebhookBehaviour,
} from './misbehaviour.js';

export const misbehaviourErrors = defineErrors('misbehaviour', {
  not_found: { kind: 'not_found', text: 'There is no such misbehaviour.' },
  too_many: {
    kind: 'conflict',
    text: `There are ${MISBEHAVIOURS_MAX} misbehaviours already; delete some first.`,
  },
});

export type NewMisbehaviour = {
  scope: Scope;
  match: string;
  behaviour: Behaviour;
  times?: number;
  delayMs?: number;
};

/** What to do to one mail, log-in, request or webhook. */
export type Verdict<B = MailBehaviour> = { behaviour: B; delayMs: number };

/** The misbehaviours asked for over HTTP, and those that recipients ask for by their name. They live in memory only. */
@Injectable()
export class MisbehavioursService {
  private readonly rules = new Map<string, Misbehaviour>();

  /** @throws misbehaviour.too_many */
  create({ scope, match, behaviour, times, delayMs }: NewMisbehaviour): Misbehaviour {
    if (this.rules.size >= MISBEHAVIOURS_MAX) throw misbehaviourErrors.too_many();
    const rule: Misbehaviour = {
      id: newId(),
      scope,
      match,
      behaviour,
      remaining: times ?? null,
      applied: 0,
      delayMs: delayMs ?? SLOW_DELAY_DEFAULT_MS,
    };
    this.rules.set(rule.id, rule);
    return rule;
  }

  list(): Misbehaviour[] {
    return [...this.rules.values()];
  }

  /** @throws misbehaviour.not_found */
  remove(id: string): void {
    if (!this.rules.delete(id)) throw misbehaviourErrors.not_found();
  }

  clear(): void {
    this.rules.clear();
  }

  /** What happens to an account at this stage; counts it. The oldest rule that matches decides. */
  forAccount(stage: Stage, username: string | null): Verdict | undefined {
    return this.apply('account', stage, username ?? '');
  }

  /** What happens to a recipient at this stage; counts it. A rule goes before the magic of the address. */
  forRecipient(stage: Stage, address: string): Verdict | undefined {
    const ruled = this.apply('recipient', stage, address);
    if (ruled) return ruled;
    const behaviour = magicBehaviour(address);
    if (!behaviour || stageOf('recipient', behaviour) !== stage) return undefined;
    return { behaviour, delayMs: SLOW_DELAY_DEFAULT_MS };
  }

  /** What happens to a request of the payment provider's API; counts it. */
  forStripeApi(method: string, path: string): Verdict<StripeApiBehaviour> | undefined {
    return this.take<StripeApiBehaviour>('stripe-api', ({ match }) => startsLike(match, `${method} ${path}`));
  }

  /** What happens to the webhook of an event; counts it. */
  forStripeWebhook(type: string): Verdict<StripeWebhookBehaviour> | undefined {
    return this.take<StripeWebhookBehaviour>('stripe-webhook', ({ match }) => startsLike(match, type));
  }

  private apply(scope: MailScope, stage: Stage, name: string): Verdict | undefined {
    return this.take<MailBehaviour>(
      scope,
      ({ match, behaviour }) =>
        stageOf(scope, behaviour as MailBehaviour) === stage &&
        matches(match.toLowerCase(), name.toLowerCase()),
    );
  }

  /** The oldest rule of the scope that applies and is not used up. Its scope was checked to know its behaviour. */
  private take<B extends Behaviour>(
    scope: Scope,
    applies: (rule: Misbehaviour) => boolean,
  ): Verdict<B> | undefined {
    for (const rule of this.rules.values()) {
      if (rule.scope !== scope || rule.remaining === 0 || !applies(rule)) continue;
      rule.applied += 1;
      if (rule.remaining !== null) rule.remaining -= 1;
      return { behaviour: rule.behaviour as B, delayMs: rule.delayMs };
    }
    return undefined;
  }
}

function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('@') ? name.endsWith(pattern) : name === pattern;
}

function startsLike(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
