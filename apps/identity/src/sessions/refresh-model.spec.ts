import fc from 'fast-check';
import { judgeRefresh, SESSION_LIFETIME_MS } from './refresh-judgement.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const RUNS = { numRuns: 1_000 };

/** What identity keeps of a session, and what it does with a token: the judgement is the real one, the rest a model. */
class Identity {
  private generation = 0;
  private rotatedAt = 0;
  private lastAnswer: { client: string; token: number } | undefined;
  private readonly createdAt = new Map([[0, 0]]);
  endedAt: number | null = null;

  /** A token is its generation. @returns the next one, or undefined when it was refused */
  refresh(token: number, client: string, now: number): number | undefined {
    const judgement = judgeRefresh(
      {
        tokenGeneration: token,
        tokenCreatedAt: new Date(this.createdAt.get(token) as number),
        sessionGeneration: this.generation,
        excusedGeneration: this.generation - 1,
        rotatedAt: new Date(this.rotatedAt),
        expiresAt: new Date(SESSION_LIFETIME_MS),
        endedAt: this.endedAt === null ? null : new Date(this.endedAt),
        sameClient: this.lastAnswer?.client === client,
      },
      new Date(now),
    );
    if (judgement === 'replay') return this.lastAnswer?.token;
    if (judgement === 'rotate') {
      this.generation++;
      this.rotatedAt = now;
      this.createdAt.set(this.generation, now);
      this.lastAnswer = { client, token: this.generation };
      return this.generation;
    }
    this.endedAt ??= now;
    return undefined;
  }

  logOut(now: number): void {
    this.endedAt ??= now;
  }
}

/** One tab's refresh: when it begins, how long the way there and back takes, and whether the first answer is lost. */
type Try = {
  after: number;
  there: number;
  back: number;
  lost: boolean;
  retryAfter: number;
  thereAgain: number;
};
const ms = (max: number) => fc.integer({ min: 0, max });
const aTry: fc.Arbitrary<Try> = fc.record({
  after: ms(2 * SECOND_MS),
  there: ms(8 * SECOND_MS),
  back: ms(5 * SECOND_MS),
  lost: fc.boolean(),
  retryAfter: ms(5 * SECOND_MS),
  thereAgain: ms(8 * SECOND_MS),
});
const aRound = fc.record({
  pause: fc.integer({ min: MINUTE_MS, max: 24 * HOUR_MS }),
  tabs: fc.array(aTry, { minLength: 1, maxLength: 5 }),
});

/** What happens, in the order of its time; the same moment in the order in which it was planned. */
class Timeline {
  private readonly planned: { at: number; order: number; happen: (now: number) => void }[] = [];
  private count = 0;

  plan(at: number, happen: (now: number) => void): void {
    this.planned.push({ at, order: this.count++, happen });
  }

  run(): number {
    let now = 0;
    while (this.planned.length > 0) {
      this.planned.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.planned.shift() as { at: number; happen: (now: number) => void };
      now = next.at;
      next.happen(now);
    }
    return now;
  }
}

describe('tabs of one browser that share a refresh token', () => {
  it('are never logged out, however their requests and answers overtake each other and get lost', () => {
    fc.assert(
      fc.property(fc.array(aRound, { minLength: 1, maxLength: 8 }), (rounds) => {
        const identity = new Identity();
        let jar = 0;
        let refused = 0;
        let start = 0;
        for (const { pause, tabs } of rounds) {
          start += pause;
          const timeline = new Timeline();
          const send = (sent: number, at: number, there: number, tab: Try, lost: boolean) =>
            timeline.plan(at + there, (arrived) => {
              const answer = identity.refresh(sent, 'browser', arrived);
              if (answer === undefined) refused++;
              else if (!lost) timeline.plan(arrived + tab.back, () => (jar = Math.max(jar, answer)));
              // A tab that finds a newer token than it sent has what it wanted.
              else
                timeline.plan(arrived + tab.retryAfter, (now) => {
                  if (jar === sent) send(sent, now, tab.thereAgain, tab, false);
                });
            });
          const before = jar;
          for (const tab of tabs)
            timeline.plan(start + tab.after, (now) => send(before, now, tab.there, tab, tab.lost));
          start = Math.max(start, timeline.run());
        }
        expect(refused).toBe(0);
        expect(identity.endedAt).toBeNull();
        expect(identity.refresh(jar, 'browser', start + MINUTE_MS)).toBe(jar + 1);
      }),
      RUNS,
    );
  });
});

describe('a refresh token that was copied', () => {
  type Step = { who: 'owner' | 'thief'; pause: number };
  const aStep: fc.Arbitrary<Step> = fc.record({
    who: fc.constantFrom('owner' as const, 'thief' as const),
    pause: fc.oneof(ms(29 * SECOND_MS), fc.integer({ min: 0, max: 48 * HOUR_MS })),
  });

  it('serves owner or thief, never both: once both have used it, the session is over for good', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 5 }),
        fc.array(aStep, { minLength: 1, maxLength: 20 }),
        (refreshesBefore, steps) => {
          const identity = new Identity();
          let now = 0;
          const held = { owner: 0, thief: 0 };
          for (let i = 0; i < refreshesBefore; i++)
            held.owner = identity.refresh(held.owner, 'owner', (now += MINUTE_MS)) as number;
          held.thief = held.owner;
          const used = new Set<string>();
          for (const { who, pause } of steps) {
            now += pause;
            const answer = identity.refresh(held[who], who, now);
            used.add(who);
            if (used.size === 2) {
              expect(answer).toBeUndefined();
              expect(identity.endedAt).not.toBeNull();
            }
            if (answer !== undefined) held[who] = answer;
          }
        },
      ),
      RUNS,
    );
  });

  it('opens nothing after a log-out, whoever has it and whenever they come', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 10 }), fc.nat({ max: 10 }), (steps, logOutAt) => {
        const identity = new Identity();
        let now = 0;
        const held = { owner: 0, thief: 0 };
        for (const [i, { who, pause }] of steps.entries()) {
          now += pause;
          if (i === logOutAt) identity.logOut(now);
          const answer = identity.refresh(held[who], who, now);
          if (i >= logOutAt) expect(answer).toBeUndefined();
          if (answer !== undefined) held[who] = answer;
        }
      }),
      RUNS,
    );
  });
});
