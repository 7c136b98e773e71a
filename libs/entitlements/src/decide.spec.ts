import {
  CAPABILITIES,
  FEATURE_KEYS,
  FEATURES,
  featureOf,
  TENANT_PLANS,
  ROLE_CAPABILITIES,
  ROLES,
} from '@leadwire/contracts';
import fc from 'fast-check';
import { decide, type Question } from './decide.js';
import { hasExpired, type FlagContext } from './flags.js';
import { TenantRights } from './rights.js';
import type { FlagRow, GlobalSnapshot, TenantSnapshot } from './snapshot.js';
import { isRolledOut } from './sticky.js';

const USERS = ['u1', 'u2', 'u3'];
const NOW = 1_000_000;

const row: fc.Arbitrary<FlagRow> = fc.record(
  {
    on: fc.boolean(),
    expiresAt: fc.integer({ min: NOW - 5, max: NOW + 5 }),
    config: fc.record(
      {
        rules: fc.array(
          fc.record({
            if: fc.constant([{ attribute: 'role', operator: 'in' as const, values: ['owner', 'agent'] }]),
            serve: fc.constantFrom('on', 'off'),
          }),
          { minLength: 1, maxLength: 2 },
        ),
        rollout: fc.record({
          percentage: fc.integer({ min: 0, max: 100 }),
          stickiness: fc.constantFrom('tenant' as const, 'user' as const),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['on'] },
);
const rows = fc.dictionary(fc.constantFrom(...FEATURE_KEYS), row, { maxKeys: 2 });
const tenants: fc.Arbitrary<TenantSnapshot> = fc.record({
  format: fc.constant(1 as const),
  tenantId: fc.constantFrom('t1', 't2'),
  version: fc.nat(),
  status: fc.oneof({ weight: 8, arbitrary: fc.constant('active') }, fc.constantFrom('suspended', 'closed')),
  planTier: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...TENANT_PLANS) }, fc.constant('unheard-of')),
  features: fc.dictionary(fc.constantFrom(...FEATURE_KEYS), fc.boolean()),
  rights: fc.dictionary(
    fc.constantFrom(...USERS),
    fc.dictionary(fc.constantFrom(...CAPABILITIES), fc.boolean(), { maxKeys: 6 }),
  ),
  flags: rows,
  userFlags: fc.dictionary(
    fc.constantFrom(...FEATURE_KEYS),
    fc.dictionary(fc.constantFrom(...USERS), row, { maxKeys: 2 }),
    { maxKeys: 2 },
  ),
});
const globals: fc.Arbitrary<GlobalSnapshot> = fc.record({
  format: fc.constant(1 as const),
  version: fc.nat(),
  flags: rows,
});
const questions = fc.record({
  capability: fc.constantFrom(...CAPABILITIES),
  role: fc.constantFrom(...ROLES),
  userId: fc.option(fc.constantFrom(...USERS)),
});

/** The conjunction written down as naively as it is said, over the snapshot itself. */
function naive(
  tenant: TenantSnapshot,
  everybody: GlobalSnapshot,
  { capability, role, userId }: { capability: string; role: string; userId: string | null },
): boolean {
  const feature = featureOf(capability);
  const personal = userId === null ? undefined : tenant.rights[userId]?.[capability];
  const context = { tenantId: tenant.tenantId, userId, role };
  return (
    tenant.status === 'active' &&
    (!feature || (FEATURES[feature].plans as readonly string[]).includes(tenant.planTier)) &&
    (!feature || (tenant.features[feature] ?? FEATURES[feature].enabledByDefault)) &&
    (!feature || naiveFlag(feature, tenant, everybody, context)) &&
    (ROLE_CAPABILITIES[role as 'owner'].some((held) => held === capability) || personal === true) &&
    personal !== false
  );
}

function naiveFlag(
  key: string,
  tenant: TenantSnapshot,
  everybody: GlobalSnapshot,
  context: FlagContext,
): boolean {
  const [own, all] = [tenant.flags[key], everybody.flags[key]];
  const users = tenant.userFlags[key];
  const user = users?.[context.userId ?? ''];
  if (!own && !all && !users) return true;
  if (all && hasExpired(all, NOW)) return false;
  const deciding = user ?? own ?? all;
  if (!deciding || hasExpired(deciding, NOW) || !deciding.on) return false;
  if (user) return true;
  const { rules, rollout } = deciding.config ?? {};
  const first = rules?.find(({ if: [condition] }) => condition?.values.includes(context['role'] as string));
  if (first) return first.serve === 'on';
  if (!rollout) return !rules;
  const key2 = rollout.stickiness === 'user' ? context.userId : context.tenantId;
  return !!key2 && isRolledOut(key, key2, rollout.percentage);
}

const LAUNCH = { capability: 'campaigns.launch', role: 'owner' as const, userId: 'u1' };
const ACTIVE: TenantSnapshot = {
  format: 1,
  tenantId: 't1',
  version: 1,
  status: 'active',
  planTier: 'trial',
  features: {},
  rights: {},
  flags: {},
  userFlags: {},
};

describe('what somebody may do', () => {
  it('is the conjunction of status, plan, feature, flag, role or grant, and no denial: as a naive reading of it says', () => {
    fc.assert(
      fc.property(tenants, globals, questions, (tenant, everybody, question) => {
        const { allowed } = decide(new TenantRights(tenant, everybody), question, NOW);
        expect(allowed).toBe(naive(tenant, everybody, question));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is the same explained or not, and the trail ends with the rule that decided', () => {
    fc.assert(
      fc.property(tenants, globals, questions, (tenant, everybody, question) => {
        const rights = new TenantRights(tenant, everybody);
        const told = decide(rights, question, NOW, true);
        const { allowed, decidedBy, trail } = decide(rights, question, NOW);
        expect({ allowed, decidedBy }).toEqual({ allowed: told.allowed, decidedBy: told.decidedBy });
        expect(trail).toEqual([]);
        expect(told.trail.at(-1)).toMatchObject({ rule: decidedBy, passed: allowed });
        const refusals = told.trail.filter(({ passed }) => !passed).map(({ rule }) => rule);
        // Only the role may refuse and yet be outvoted, by a grant.
        expect(refusals).toEqual(allowed ? (decidedBy === 'grant' ? ['role'] : []) : [decidedBy]);
      }),
    );
  });

  it('never grows by a denial, a suspension, a feature switched off, an expiry or a passing of time', () => {
    const narrower: ((t: TenantSnapshot, q: { capability: string }) => TenantSnapshot)[] = [
      (t, { capability }) => ({
        ...t,
        rights: Object.fromEntries(USERS.map((u) => [u, { ...t.rights[u], [capability]: false }])),
      }),
      (t) => ({ ...t, status: 'suspended' }),
      (t) => ({ ...t, features: Object.fromEntries(FEATURE_KEYS.map((key) => [key, false])) }),
      (t) => ({
        ...t,
        flags: Object.fromEntries(FEATURE_KEYS.map((key) => [key, { on: false }])),
        userFlags: {},
      }),
    ];
    fc.assert(
      fc.property(
        tenants,
        globals,
        questions,
        fc.constantFrom(...narrower),
        (tenant, everybody, question, narrow) => {
          const before = decide(new TenantRights(tenant, everybody), question, NOW).allowed;
          expect(
            decide(new TenantRights(narrow(tenant, question), everybody), question, NOW).allowed && !before,
          ).toBe(false);
          expect(decide(new TenantRights(tenant, everybody), question, NOW + 10).allowed && !before).toBe(
            false,
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never shrinks by a grant that replaces nothing', () => {
    fc.assert(
      fc.property(tenants, globals, questions, (tenant, everybody, question) => {
        const { userId, capability } = question;
        fc.pre(userId !== null && tenant.rights[userId]?.[capability] === undefined);
        const before = decide(new TenantRights(tenant, everybody), question, NOW).allowed;
        const rights = {
          ...tenant.rights,
          [userId as string]: { ...tenant.rights[userId as string], [capability]: true },
        };
        const after = decide(new TenantRights({ ...tenant, rights }, everybody), question, NOW).allowed;
        expect(before && !after).toBe(false);
      }),
    );
  });

  it('as a set of capabilities is what each single question answers, now and after every expiry', () => {
    fc.assert(
      fc.property(tenants, globals, questions, (tenant, everybody, { role, userId }) => {
        const rights = new TenantRights(tenant, everybody);
        for (const now of [NOW - 10, NOW, NOW + 3, NOW + 10]) {
          const single = CAPABILITIES.filter(
            (capability) => decide(rights, { capability, role, userId }, now).allowed,
          );
          expect([...rights.capabilitiesOf({ role, userId }, now)]).toEqual(single);
        }
      }),
    );
  });

  it('is one set object for one set of capabilities, in whatever tenant and version', () => {
    const plain = (tenantId: string, version: number) =>
      new TenantRights({ ...ACTIVE, tenantId, version }).capabilitiesOf({ role: 'agent', userId: 'u1' }, NOW);
    expect(plain('t1', 1)).toBe(plain('t2', 9));
    expect(plain('t1', 1)).not.toBe(
      new TenantRights(ACTIVE).capabilitiesOf({ role: 'owner', userId: 'u1' }, NOW),
    );
  });

  it('on the trial plan is all that the roles hold', () => {
    for (const role of ROLES) {
      const held = new TenantRights(ACTIVE).capabilitiesOf({ role, userId: null }, NOW);
      expect([...held].sort()).toEqual([...ROLE_CAPABILITIES[role]].sort());
    }
  });
});

describe('the explanation', () => {
  const explain = (over: Partial<TenantSnapshot>, question: Question) =>
    decide(new TenantRights({ ...ACTIVE, ...over }), question, NOW, true);

  it.each<[string, Partial<TenantSnapshot>, Question, string, string]>([
    ['a suspended team', { status: 'suspended' }, LAUNCH, 'tenant_status', 'The team is suspended.'],
    [
      'a plan without it',
      { planTier: 'bronze' },
      LAUNCH,
      'plan',
      'The bronze plan does not include E-mail campaigns.',
    ],
    [
      'a feature that is off',
      { features: { email_campaigns: false } },
      LAUNCH,
      'tenant_feature',
      'E-mail campaigns was switched off for the team.',
    ],
    [
      'a flag that has expired',
      { flags: { email_campaigns: { on: true, expiresAt: NOW } } },
      LAUNCH,
      'flag',
      'The flag email_campaigns is off: it has expired.',
    ],
    [
      'a denial',
      { rights: { u1: { 'campaigns.launch': false } } },
      LAUNCH,
      'denial',
      'This was taken from you in particular.',
    ],
    [
      'a role',
      {},
      { ...LAUNCH, role: 'viewer' },
      'role',
      'The role viewer does not include campaigns.launch.',
    ],
    ['an unknown feature', {}, { feature: 'constructor' }, 'catalogue', 'There is no feature "constructor".'],
  ])('names %s', (_, over, question, decidedBy, text) => {
    const decision = explain(over, question);
    expect(decision).toMatchObject({ allowed: false, decidedBy });
    expect(decision.trail.at(-1)?.text).toBe(text);
  });

  it('names the grant that made up for the role', () => {
    const { allowed, decidedBy, trail } = explain(
      { rights: { u1: { 'campaigns.launch': true } } },
      { ...LAUNCH, role: 'viewer' },
    );
    expect({ allowed, decidedBy }).toEqual({ allowed: true, decidedBy: 'grant' });
    expect(trail.map(({ rule, passed }) => [rule, passed])).toEqual([
      ['tenant_status', true],
      ['plan', true],
      ['tenant_feature', true],
      ['denial', true],
      ['role', false],
      ['grant', true],
    ]);
  });
});
