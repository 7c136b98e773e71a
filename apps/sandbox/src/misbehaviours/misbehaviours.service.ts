import { Injectable } from '@nestjs/common';
import { defineErrors, newId } from '@leadwire/kernel';
import {
  magicBehaviour,
  MISBEHAVIOURS_MAX,
  SLOW_DELAY_DEFAULT_MS,
  stageOf,
  type Behaviour,
  type Misbehaviour,
  type Scope,
  type Stage,
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

/** What to do to one mail or log-in. */
export type Verdict = { behaviour: Behaviour; delayMs: number };

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

  private apply(scope: Scope, stage: Stage, name: string): Verdict | undefined {
    for (const rule of this.rules.values()) {
      if (rule.scope !== scope || stageOf(scope, rule.behaviour) !== stage || rule.remaining === 0) continue;
      if (!matches(rule.match.toLowerCase(), name.toLowerCase())) continue;
      rule.applied += 1;
      if (rule.remaining !== null) rule.remaining -= 1;
      return { behaviour: rule.behaviour, delayMs: rule.delayMs };
    }
    return undefined;
  }
}

function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('@') ? name.endsWith(pattern) : name === pattern;
}
