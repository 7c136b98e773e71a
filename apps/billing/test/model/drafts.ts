import fc from 'fast-check';
import { FEATURES, type Feature, type Person } from './ops.ts';
import type { Terms } from './limits-model.ts';

const KINDS = {
  topup: 6,
  credit: 5,
  adjustment: 3,
  debit: 12,
  invoice: 1,
  refund: 2,
  reinstatement: 1,
  reserve: 8,
  draw: 8,
  extend: 5,
  capture: 10,
  release: 6,
  void: 3,
  repeat: 20,
  reuse: 2,
};
export type Kind = keyof typeof KINDS;
const MILLION = 1_000_000;
const LIFETIMES_MS = [1_000, 30_000, 60_000, 600_000, 3_600_000, 90_000_000];

/** What somebody is about to ask; which reservation or which earlier command it means is seen when its turn comes. */
export type Draft = {
  kind: Kind;
  micros: number;
  pick: number;
  lifetimeMs: number;
  flag: boolean;
  person: Person | null;
  counts: { feature: Feature; quantity: number } | null;
};
export type UsageDraft = {
  micros: number | null;
  quantity: number;
  pick: number;
  feature: Feature;
  person: Person | null;
  twist: 'new' | 'repeat' | 'reuse';
};
/** What becomes of usage that was recorded: its price comes, or it was really something else. */
export type LateDraft = { pick: number; micros: number | null; quantity: number };

const micros = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 400 * MILLION }),
  fc.constantFrom(MILLION, 75 * MILLION, 500 * MILLION),
);
const cost = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 * MILLION }));
const pick = fc.nat(10_000);
const quantity = fc.integer({ min: 1, max: 9 });
const kind = fc.oneof(
  ...Object.entries(KINDS).map(([name, weight]) => ({ arbitrary: fc.constant(name as Kind), weight })),
);
const feature = fc.constantFrom(...FEATURES);
export const person = fc.constantFrom<Person | null>('ann', 'bob', null);

const draft: fc.Arbitrary<Draft> = fc.record({
  kind,
  micros,
  pick,
  lifetimeMs: fc.constantFrom(...LIFETIMES_MS),
  flag: fc.boolean(),
  person,
  counts: fc.option(fc.record({ feature, quantity }), { freq: 1 }),
});
const usageDraft: fc.Arbitrary<UsageDraft> = fc.record({
  micros: fc.option(cost, { freq: 9 }),
  quantity,
  pick,
  feature,
  person,
  twist: fc.oneof(
    { arbitrary: fc.constant('new' as const), weight: 20 },
    { arbitrary: fc.constant('repeat' as const), weight: 4 },
    { arbitrary: fc.constant('reuse' as const), weight: 1 },
  ),
});
const lateDraft: fc.Arbitrary<LateDraft> = fc.record({
  pick,
  micros: fc.option(cost, { freq: 5 }),
  quantity,
});

export const drafts = (maxLength: number): fc.Arbitrary<Draft[]> =>
  fc.array(draft, { minLength: 1, maxLength, size: 'max' });
export const usageDrafts = (maxLength: number): fc.Arbitrary<UsageDraft[]> =>
  fc.array(usageDraft, { minLength: 1, maxLength, size: 'max' });
export const lateDrafts = (maxLength: number): fc.Arbitrary<LateDraft[]> =>
  fc.array(lateDraft, { minLength: 1, maxLength, size: 'max' });

/** A rate only makes sense past a soft quota. */
export const terms: fc.Arbitrary<Terms & { feature: Feature }> = fc
  .record({
    feature,
    enabled: fc.constantFrom(true, true, true, true, false),
    daily: fc.constantFrom(null, 0, 40, 150),
    monthly: fc.constantFrom(null, 100, 400),
    overages: fc.boolean(),
    rate: fc.constantFrom(null, 0n, 12_345n, 25_000n, 10_000_000_000n),
  })
  .map((made) => ({ ...made, rate: made.overages ? made.rate : null }));
export const allowance: fc.Arbitrary<bigint | null> = fc.option(
  fc.bigInt({ min: 0n, max: 4_000n * BigInt(MILLION) }),
  { freq: 4 },
);
