import type { CommitFault } from '@leadwire/testing';
import fc, { type AsyncCommand } from 'fast-check';
import { drafts, usageDrafts, type Draft, type UsageDraft } from './drafts.ts';
import { Subject, type System } from './system.ts';

const WALLETS = 3;
const BATCH_MAX = 150;
const CHECK_EVERY_STEPS = 15;

/** The wallets of one run, and how many commands were sent to them. */
export class Run {
  readonly wallets: Subject[];
  commands = 0;
  readonly system: System;
  private steps = 0;

  constructor(system: System) {
    this.system = system;
    this.wallets = Array.from({ length: WALLETS }, () => new Subject(system));
  }

  wallet(choice: number): Subject {
    return this.wallets[choice] as Subject;
  }

  /** Looks at every row and every invariant of what was touched, on its turn. */
  async stepped(touched: Subject): Promise<void> {
    if (++this.steps % CHECK_EVERY_STEPS === 0) await touched.check();
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

type Replica = 0 | 1;
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

/** Time passes, or a clock is set back. */
async function wait(run: Run, ms: number): Promise<void> {
  run.system.clock.nowMs += ms;
}

async function sweep(run: Run, place: number): Promise<void> {
  await run.wallet(place).sweep();
  await run.stepped(run.wallet(place));
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
  fc.record({ wallet: place, uses: usageDrafts(BATCH_MAX), fault: fc.option(fault, { freq: 2 }), replica }),
);
const WAIT = step(
  wait,
  fc.constantFrom(1, 1_000, 29_999, 30_000, 60_000, 600_000, 3_600_000, -5_000, -3_600_000),
);
const SWEEP = step(sweep, place);
const FREEZE = step(freeze, fc.record({ wallet: place, frozen: fc.constantFrom(true, false, false, false) }));

/** What can happen next, each as often as it stands here. */
export const STEPS = [BATCHES, BATCHES, BATCHES, BATCHES, RACE, BROKEN, USE, USE, WAIT, WAIT, SWEEP, FREEZE];
