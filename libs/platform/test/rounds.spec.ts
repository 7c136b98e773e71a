import { eventually } from '@leadwire/testing';
import { Rounds, type Logger } from '../src/index.js';

class Counting extends Rounds {
  protected readonly everyMs = 5;
  protected readonly trouble = 'nothing could be counted';
  readonly warned: string[] = [];
  protected override readonly logger = {
    warn: (_: unknown, text: string) => this.warned.push(text),
  } as unknown as Logger;
  count = 0;

  constructor(private readonly work: (count: number) => Promise<boolean> | boolean) {
    super();
  }

  async round(): Promise<boolean> {
    return this.work(++this.count);
  }
}

describe('rounds', () => {
  let rounds: Counting;
  afterEach(() => rounds.beforeApplicationShutdown());

  it('come again and again once the service has started', async () => {
    rounds = new Counting(() => false);
    expect(rounds.count).toBe(0);
    rounds.onApplicationBootstrap();
    await eventually(() => rounds.count >= 3);
  });

  it('follow each other at once while there may be more', async () => {
    rounds = new Counting((count) => count < 3);
    rounds.wake();
    await eventually(() => rounds.count === 3);
  });

  it('come one at a time: who wakes them during a round gets one more after it', async () => {
    const gate = Promise.withResolvers<void>();
    rounds = new Counting(async () => {
      await gate.promise;
      return false;
    });
    rounds.wake();
    rounds.wake();
    rounds.wake();
    expect(rounds.count).toBe(1);
    gate.resolve();
    await eventually(() => rounds.count === 2);
  });

  it('go on after one that failed, which the log names', async () => {
    rounds = new Counting((count) => {
      if (count === 1) throw new Error('the database is away');
      return false;
    });
    rounds.onApplicationBootstrap();
    await eventually(() => rounds.count >= 2);
    expect(rounds.warned).toEqual(['nothing could be counted; the next round tries again']);
  });

  it('end with the one under way when the service stops', async () => {
    const gate = Promise.withResolvers<void>();
    rounds = new Counting(async () => {
      await gate.promise;
      return true;
    });
    rounds.wake();
    const stopped = rounds.beforeApplicationShutdown();
    gate.resolve();
    await stopped;
    expect(rounds.count).toBe(1);
  });
});
