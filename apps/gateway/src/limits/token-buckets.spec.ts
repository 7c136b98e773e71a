import { TokenBuckets } from './token-buckets.js';

describe('token buckets', () => {
  it('let a burst through, then one request per interval', () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
    expect([0, 0, 0].map((now) => buckets.take('a', 1_000 + now).remaining)).toEqual([2, 1, 0]);
    expect(buckets.take('a', 1_000)).toMatchObject({ remaining: 0, retryAfterSeconds: 1 });
    expect(buckets.take('a', 1_500).retryAfterSeconds).toBeUndefined();
    expect(buckets.take('a', 1_500).retryAfterSeconds).toBe(1);
  });

  it('are full again after a pause, and never fuller', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2 });
    buckets.take('a', 0);
    buckets.take('a', 0);
    expect(buckets.take('a', 3_600_000).remaining).toBe(1);
  });

  it('refusing costs nothing: who waits as told gets through', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    buckets.take('a', 0);
    for (let i = 0; i < 100; i++) buckets.take('a', 500);
    expect(buckets.take('a', 1_000).retryAfterSeconds).toBeUndefined();
  });

  it('count each caller alone', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    buckets.take('a', 0);
    expect(buckets.take('b', 0).retryAfterSeconds).toBeUndefined();
  });

  it('forget the oldest callers rather than grow without end', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 });
    for (let i = 0; i <= 100_000; i++) buckets.take(`caller-${i}`, 0);
    expect(buckets.take('caller-0', 0).retryAfterSeconds).toBeUndefined();
    expect(buckets.take('caller-100000', 0).retryAfterSeconds).toBe(1);
  });
});
