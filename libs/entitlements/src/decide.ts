import {
  FEATURES,
  featureOf,
  isFeatureKey,
  ROLE_CAPABILITIES,
  type Capability,
  type FeatureKey,
  type PlanTier,
  type Role,
} from '@leadwire/contracts';
import type { FlagAnswer } from './flags.js';
import type { TenantRights } from './rights.js';

export type Rule =
  'catalogue' | 'tenant_status' | 'plan' | 'tenant_feature' | 'flag' | 'denial' | 'role' | 'grant';

/** May this person do it? Or: does this team (or person) have it? */
export type Question =
  | { capability: string; role: Role; userId: string | null }
  | { feature: string; role?: Role; userId?: string | null };

/** One rule on the way to a decision, in words for the person it concerns. */
export type TrailStep = { rule: Rule; passed: boolean; text: string };

export type Decision = {
  allowed: boolean;
  /** The rule that refused, or the last one that had to agree. */
  decidedBy: Rule;
  /** The rules in the order they were asked, the deciding one last; empty unless explained. */
  trail: TrailStep[];
};

type Trail = TrailStep[] | undefined;

const HOLDS: Readonly<Record<Role, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries(ROLE_CAPABILITIES).map(([role, capabilities]) => [role, new Set(capabilities)]),
) as unknown as Record<Role, ReadonlySet<string>>;

/**
 * What somebody may do, by one conjunction: the tenant is active ∧ its plan has the feature ∧ the tenant has it switched on ∧
 * its flag is on ∧ nobody denied it to them ∧ (their role holds it ∨ somebody granted it). Pure: the same snapshot, question
 * and moment give the same answer everywhere.
 * @param now epoch milliseconds
 * @param explain whether to say in words which rule said what
 */
export function decide(rights: TenantRights, question: Question, now: number, explain = false): Decision {
  const trail: Trail = explain ? [] : undefined;
  if (!step(trail, 'tenant_status', rights.status === 'active', () => `The team is ${rights.status}.`))
    return end(false, 'tenant_status', trail);
  if ('feature' in question) return decideFeature(rights, question, now, trail);

  const feature = featureOf(question.capability);
  if (feature) {
    const refusal = featureRefusal(rights, feature, question, now, trail);
    if (refusal) return end(false, refusal, trail);
  }
  return decidePerson(rights, question, trail);
}

function decideFeature(
  rights: TenantRights,
  { feature, role, userId = null }: { feature: string; role?: Role; userId?: string | null },
  now: number,
  trail: Trail,
): Decision {
  if (!isFeatureKey(feature)) {
    step(trail, 'catalogue', false, () => `There is no feature "${feature}".`);
    return end(false, 'catalogue', trail);
  }
  const refusal = featureRefusal(rights, feature, { role, userId }, now, trail);
  if (refusal) return end(false, refusal, trail);
  const last: Rule = rights.hasFlag(feature)
    ? 'flag'
    : rights.features.has(feature)
      ? 'tenant_feature'
      : 'plan';
  return end(true, last, trail);
}

/** The rule because of which the team does not have a feature; undefined when it has. */
function featureRefusal(
  rights: TenantRights,
  key: FeatureKey,
  person: { role?: Role; userId: string | null },
  now: number,
  trail: Trail,
): Rule | undefined {
  const { title, plans, enabledByDefault } = FEATURES[key];
  const inPlan = plans.includes(rights.planTier as PlanTier);
  const words = () => `The ${rights.planTier} plan ${inPlan ? 'includes' : 'does not include'} ${title}.`;
  if (!step(trail, 'plan', inPlan, words)) return 'plan';

  const switched = rights.features.get(key);
  const on = switched ?? enabledByDefault;
  const state = () =>
    `${title} ${switched === undefined ? 'is by default' : 'was switched'} ${on ? 'on' : 'off'} for the team.`;
  if (!step(trail, 'tenant_feature', on, state)) return 'tenant_feature';

  // Most features have no flag: only those being rolled out or held back do.
  if (!rights.hasFlag(key)) return undefined;
  const answer = rights.flag(key, person, now);
  return step(trail, 'flag', answer.value === true, () => flagWords(key, answer)) ? undefined : 'flag';
}

function decidePerson(
  rights: TenantRights,
  { capability, role, userId }: { capability: string; role: Role; userId: string | null },
  trail: Trail,
): Decision {
  const personal = rights.personalRight(userId, capability);
  const denied = () =>
    personal === false ? 'This was taken from you in particular.' : 'Nobody took it from you.';
  if (!step(trail, 'denial', personal !== false, denied)) return end(false, 'denial', trail);
  const byRole = HOLDS[role]?.has(capability as Capability) ?? false;
  const words = () => `The role ${role} ${byRole ? 'includes' : 'does not include'} ${capability}.`;
  if (step(trail, 'role', byRole, words)) return end(true, 'role', trail);
  if (personal !== true) return end(false, 'role', trail);
  step(trail, 'grant', true, () => 'This was given to you in particular.');
  return end(true, 'grant', trail);
}

const FLAG_WORDS: Readonly<Record<FlagAnswer['decidedBy'], string>> = {
  not_found: 'does not exist',
  expiry: 'has expired',
  user_row: 'says so for you in particular',
  tenant_row: 'says so for your team',
  switched_off: 'is switched off for everybody',
  rule: 'has a rule that applies to you',
  rollout: 'is rolled out step by step',
  default: 'says so for everybody',
};

/** How a flag came to its answer, in words. */
export function flagWords(key: string, { value, decidedBy }: FlagAnswer): string {
  const state = value === true ? 'on' : value === false || value === undefined ? 'off' : 'set';
  return `The flag ${key} is ${state}: it ${FLAG_WORDS[decidedBy]}.`;
}

function step(trail: Trail, rule: Rule, passed: boolean, text: () => string): boolean {
  trail?.push({ rule, passed, text: text() });
  return passed;
}

function end(allowed: boolean, decidedBy: Rule, trail: Trail): Decision {
  return { allowed, decidedBy, trail: trail ?? [] };
}
