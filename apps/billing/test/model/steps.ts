import type { CommitFault } from '@leadwire/testing';
import fc, { type AsyncCommand } from 'fast-check';
import {
  allowance,
  drafts,
  lateDrafts,
  terms,
  usageDrafts,
  type Draft,
  type LateDraft,
  type UsageDraft,
} from './drafts.ts';
import { DAY_MS, type Terms } from './limits-model.ts';
import type { Feature, Person } from './ops.ts';
import { Subject } from './subject.ts';
import type { Replica, System } from './system.ts';

const WALLETS = 3;
const BATCH_MAX = 250;
const USES_MAX = 80;
const LATE_MAX = 20;

/** The wallets of one run, and how many commands were sent to them. */
export class Run {
  readonly wallets: Subject[];
  commands = 0;
  readonly system: System;
  private readonly every: number;
  private steps = 0;

  /** @param every of how many steps one is followed by a look at every row and every invariant */
  constructor(system: System, every: number) {
    this.system = system;
    this.every = every;
    this.wallets = Array.from({ length: WALLETS }, () => new Subject(system));
  }

  wallet(choice: number): Subject {
    return this.wallets[choice] as Subject;
  }

  /** Nobody comes back to a wallet that is closed. */
  replace(choice: number): void {
    this.wallets[choice] = new Subject(this.system);
  }

  /** Looks at every row and every invariant of what was touched, on its turn. */
  async stepped(touched: Subject): Promise<void> {
    if (++this.steps % this.every === 0) await touched.check();
  }

  async checkAll(): Promise<void> {
    for (const wallet of this.wallets) {
      await wallet.sweep();
      await wallet.check();
    }
  }
}

type Work<T> = (run: Run, input: T) => Promise<void>;

class Step<T> implements AsyncCommand<Run, System> {
  private readonly work: Work<T>;
  private readonly input: T;

  constructor(work: Work<T>, input: T) {
    this.work = work;
    this.input = input;
  }

  check(): boolean {
    return true;
  }

  run(run: Run): Promise<void> {
    return this.work(run, this.input);
  }

  toString(): string {
    return `${this.work.name}(${fc.stringify(this.input)})`;
  }
}

type Batches = { batches: Draft[][]; replica: Replica };

/** Each wallet is sent a batch at the same time. */
async function together(run: Run, { batches, replica }: Batches): Promise<void> {
  const sent = run.wallets.map(async (wallet, i) => {
    const ops = wallet.resolver.commands(batches[i] ?? [], wallet.model, wallet.nowMs);
    run.commands += ops.length;
    const answers = await wallet.send(ops, replica);
    wallet.compare(ops, answers, wallet.model.submit(ops, wallet.nowMs, wallet.idOf));
  });
  await Promise.all(sent);
  await run.stepped(run.wallet(replica));
}

type Race = { wallet: number; one: Draft[]; other: Draft[] };

/** Two replicas post on one wallet at once: one of the two orders must explain every answer. */
async function race(run: Run, { wallet: place, one, other }: Race): Promise<void> {
  const wallet = run.wallet(place);
  const both = [one, other].map((list) => wallet.resolver.commands(list, wallet.model, wallet.nowMs));
  const [mine = [], theirs = []] = both;
  run.commands += mine.length + theirs.length;
  const [answers, theirAnswers] = await Promise.all([wallet.send(mine, 0), wallet.send(theirs, 1)]);
  const before = wallet.model;
  const replay = (theyFirst: boolean) => {
    const model = before.clone();
    const post = (ops: typeof mine) => model.submit(ops, wallet.nowMs, wallet.idOf);
    const early = theyFirst ? post(theirs) : [];
    const expected = post(mine);
    return { model, expected, theirs: theyFirst ? early : post(theirs) };
  };
  const first = replay(false);
  const explained =
    wallet.explains(mine, answers, first.expected) && wallet.explains(theirs, theirAnswers, first.theirs);
  const { model, ...expected } = explained ? first : replay(true);
  wallet.compare(mine, answers, expected.expected);
  wallet.compare(theirs, theirAnswers, expected.theirs);
  wallet.model = model;
  await run.stepped(wallet);
}

type Broken = { wallet: number; batch: Draft[]; fault: CommitFault; replica: Replica };

/** The connection breaks around the commit, and the caller asks again: it must be told what it would have been. */
async function broken(run: Run, { wallet: place, batch, fault, replica }: Broken): Promise<void> {
  const wallet = run.wallet(place);
  const ops = wallet.resolver.commands(batch, wallet.model, wallet.nowMs);
  const post = () => wallet.model.submit(ops, wallet.nowMs, wallet.idOf);
  run.commands += 2 * ops.length;
  await run.system.breaking(replica, fault, () => wallet.send(ops, replica));
  if (fault === 'after') post();
  wallet.compare(ops, await wallet.send(ops, replica), post());
  await run.stepped(wallet);
}

type Uses = { wallet: number; uses: UsageDraft[]; fault: CommitFault | null; replica: Replica };

/** Usage is recorded as a consumer records it, and delivered again when nobody heard whether it was. */
async function use(run: Run, { wallet: place, uses, fault, replica }: Uses): Promise<void> {
  const wallet = run.wallet(place);
  const ops = wallet.resolver.usage(uses);
  const record = () => wallet.model.record(ops, wallet.nowMs, wallet.idOf);
  run.commands += ops.length;
  if (fault) await run.system.breaking(replica, fault, () => wallet.record(ops, replica));
  if (fault === 'after') record();
  wallet.compare(ops, await wallet.record(ops, replica), record());
  await run.stepped(wallet);
}

type Closing = { wallet: number; batch: Draft[]; uses: UsageDraft[]; late: LateDraft[]; replica: Replica };

/** A wallet is closed for good: it says so to whoever comes, nothing of it changes any more, and another takes its place. */
async function close(run: Run, { wallet: place, batch, uses, late, replica }: Closing): Promise<void> {
  const wallet = run.wallet(place);
  await wallet.close();
  const ops = wallet.resolver.commands(batch, wallet.model, wallet.nowMs);
  wallet.compare(ops, await wallet.send(ops, replica), wallet.model.submit(ops, wallet.nowMs, wallet.idOf));
  const used = wallet.resolver.usage(uses);
  const recorded = await wallet.record(used, replica);
  wallet.compare(used, recorded, wallet.model.record(used, wallet.nowMs, wallet.idOf));
  const rates = wallet.resolver.rates(late, wallet.model);
  const rated = await wallet.rate(rates, replica);
  wallet.compare(rates, rated, wallet.model.rate(rates, wallet.nowMs, wallet.idOf));
  run.commands += ops.length + used.length + rates.length;
  await wallet.sweep();
  await wallet.check();
  run.replace(place);
}

/** Time passes, or a clock is set back. */
async function wait(run: Run, ms: number): Promise<void> {
  run.system.clock.nowMs += ms;
}

async function sweep(run: Run, place: number): Promise<void> {
  await run.wallet(place).sweep();
  await run.stepped(run.wallet(place));
}

type Late = { wallet: number; late: LateDraft[]; replica: Replica };

/** Prices come for usage that had none. */
async function rate(run: Run, { wallet: place, late, replica }: Late): Promise<void> {
  const wallet = run.wallet(place);
  const ops = wallet.resolver.rates(late, wallet.model);
  run.commands += ops.length;
  const expected = wallet.model.rate(ops, wallet.nowMs, wallet.idOf);
  wallet.compare(ops, await wallet.rate(ops, replica), expected);
  await run.stepped(wallet);
}

/** Usage was really something else; nobody may have heard that it was corrected, and it is told again. */
async function correct(
  run: Run,
  { wallet: place, late, fault, replica }: Late & { fault: CommitFault | null },
): Promise<void> {
  const wallet = run.wallet(place);
  const corrections = wallet.resolver.corrections(late, wallet.model);
  run.commands += 2 * corrections.length;
  if (fault) await run.system.breaking(replica, fault, () => wallet.correct(corrections, replica));
  if (fault === 'after') wallet.expectCorrected(corrections);
  const answers = await wallet.correct(corrections, replica);
  const expected = wallet.expectCorrected(corrections);
  const ends = corrections.map((correction) => correction.ends);
  wallet.compare(ends, answers.ended, expected.ended);
  wallet.compare(expected.done, answers.stand, expected.stand);
  await run.stepped(wallet);
}

async function entitle(
  run: Run,
  { wallet, feature, ...limits }: Terms & { wallet: number; feature: Feature },
): Promise<void> {
  await run.wallet(wallet).entitle(feature, limits);
}

type Allowed = { wallet: number; person: Person; value: bigint | null };

async function allow(run: Run, { wallet, person, value }: Allowed): Promise<void> {
  await run.wallet(wallet).allow(person, value);
}

async function suspend(run: Run, { wallet, on }: { wallet: number; on: boolean }): Promise<void> {
  await run.wallet(wallet).setSuspended(on);
}

async function freeze(run: Run, { wallet, frozen }: { wallet: number; frozen: boolean }): Promise<void> {
  await run.wallet(wallet).setFrozen(frozen);
}

const place = fc.nat(WALLETS - 1);
const replica = fc.constantFrom<Replica>(0, 1);
const fault = fc.constantFrom<CommitFault>('before', 'after');
const step = <T>(work: Work<T>, input: fc.Arbitrary<T>): fc.Arbitrary<Step<unknown>> =>
  input.map((value) => new Step(work, value) as Step<unknown>);

const BATCHES = step(
  together,
  fc.record({ batches: fc.array(drafts(BATCH_MAX), { minLength: WALLETS, maxLength: WALLETS }), replica }),
);
const RACE = step(race, fc.record({ wallet: place, one: drafts(BATCH_MAX), other: drafts(BATCH_MAX) }));
const BROKEN = step(broken, fc.record({ wallet: place, batch: drafts(BATCH_MAX), fault, replica }));
const USE = step(
  use,
  fc.record({
    wallet: place,
    uses: usageDrafts(USES_MAX),
    fault: fc.option(fault, { freq: 2 }),
    replica,
  }),
);
const RATE = step(rate, fc.record({ wallet: place, late: lateDrafts(LATE_MAX), replica }));
const CORRECT = step(
  correct,
  fc.record({ wallet: place, late: lateDrafts(LATE_MAX), fault: fc.option(fault, { freq: 2 }), replica }),
);
const ENTITLE = step(
  entitle,
  fc.tuple(place, terms).map(([wallet, limits]) => ({ wallet, ...limits })),
);
const ALLOW = step(
  allow,
  fc.record({ wallet: place, person: fc.constantFrom<Person>('ann', 'bob'), value: allowance }),
);
const CLOSE = step(
  close,
  fc.record({
    wallet: place,
    batch: drafts(BATCH_MAX),
    uses: usageDrafts(USES_MAX),
    late: lateDrafts(LATE_MAX),
    replica,
  }),
);
const SUSPEND = step(suspend, fc.record({ wallet: place, on: fc.constantFrom(true, false, false) }));
const WAIT = step(
  wait,
  fc.constantFrom(
    ...[1, 1_000, 29_999, 30_000, 60_000, 600_000, 3_600_000],
    ...[DAY_MS, 3 * DAY_MS, -5_000, -3_600_000, -DAY_MS],
  ),
);
const SWEEP = step(sweep, place);
const FREEZE = step(freeze, fc.record({ wallet: place, frozen: fc.constantFrom(true, false, false, false) }));

/** What can happen next, each as often as it stands here. */
export const STEPS = [
  ...[BATCHES, BATCHES, BATCHES, BATCHES, BATCHES, BATCHES, BATCHES, RACE, BROKEN, USE, USE, RATE, CORRECT],
  ...[ENTITLE, ALLOW, WAIT, WAIT, SWEEP, SUSPEND, FREEZE, CLOSE],
];
