import { quantile } from './machine.ts';

const QUESTIONS = 200_000;
const WARM_UP = 50_000;
const PEOPLE = 500;
const NANOSECONDS_PER_MICROSECOND = 1_000;

type Figures = Record<'entitlementUs' | 'entitlementP99Us' | 'capabilitySetUs', number>;

/**
 * How long one question about rights takes where it is asked, without an explanation: capabilities, features and flags in
 * turn, of a team with personal rights, rules and roll-outs. Beside it, all capabilities of one person at once, as the gateway
 * asks for each request.
 */
export async function benchEntitlement(): Promise<Figures> {
  const { decide, TenantRights } = await import('@leadwire/entitlements');
  const { CAPABILITIES, FEATURE_KEYS, ROLES } = await import('@leadwire/contracts');
  const people = Array.from({ length: PEOPLE }, () => crypto.randomUUID());
  const rights = new TenantRights(...snapshots(people, CAPABILITIES));
  const now = Date.now();
  const person = (i: number) => ({
    userId: people[i % PEOPLE] as string,
    role: ROLES[i % ROLES.length] as (typeof ROLES)[number],
  });
  const ask = (i: number): unknown => {
    switch (i % 3) {
      case 0:
        return decide(
          rights,
          { capability: CAPABILITIES[i % CAPABILITIES.length] as string, ...person(i) },
          now,
        );
      case 1:
        return decide(
          rights,
          { feature: FEATURE_KEYS[i % FEATURE_KEYS.length] as string, ...person(i) },
          now,
        );
      default:
        return rights.flag(`flag-${i % 20}`, person(i), now);
    }
  };
  const one = timesOf(ask);
  const all = timesOf((i) => rights.capabilitiesOf(person(i), now));
  return {
    entitlementUs: quantile(one, 0.5),
    entitlementP99Us: quantile(one, 0.99),
    capabilitySetUs: quantile(all, 0.5),
  };
}

/** Microseconds of each of many calls, sorted. */
function timesOf(work: (i: number) => unknown): number[] {
  let answers = 0;
  const timed = (i: number): number => {
    const started = process.hrtime.bigint();
    if (work(i)) answers++;
    return Number(process.hrtime.bigint() - started) / NANOSECONDS_PER_MICROSECOND;
  };
  for (let i = 0; i < WARM_UP; i++) timed(i);
  const times = Float64Array.from({ length: QUESTIONS }, (_, i) => timed(i)).sort();
  if (answers !== WARM_UP + QUESTIONS) throw new Error('Some questions had no answer.');
  return [...times];
}

type Snapshots = ConstructorParameters<typeof import('@leadwire/entitlements').TenantRights>;

/** A large team: a personal right for every fourth, twenty flags of every kind for everybody, and two features held back. */
function snapshots(people: string[], capabilities: readonly string[]): Snapshots {
  const rules = [{ if: [{ attribute: 'role', operator: 'in' as const, values: ['owner'] }], serve: 'on' }];
  const rollout = { percentage: 50, stickiness: 'user' as const };
  const flags = Array.from({ length: 20 }, (_, i) => [
    `flag-${i}`,
    { on: i % 5 !== 0, config: { ...(i % 2 ? { rules } : {}), ...(i % 3 ? { rollout } : {}) } },
  ]);
  const rights = people
    .filter((_, i) => i % 4 === 0)
    .map((id, i) => [id, { [capabilities[i % capabilities.length] as string]: i % 2 === 0 }]);
  const tenant = {
    format: 1 as const,
    tenantId: crypto.randomUUID(),
    version: 1,
    status: 'active',
    planTier: 'growth',
    features: { api_keys: false },
    rights: Object.fromEntries(rights),
    flags: { email_campaigns: { on: true, config: { rollout } } },
    userFlags: { 'flag-1': { [people[0] as string]: { on: false } } },
  };
  return [tenant, { format: 1, version: 1, flags: Object.fromEntries(flags) }];
}
