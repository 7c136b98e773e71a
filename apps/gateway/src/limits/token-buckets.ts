/** How much one caller may do: `perSecond` for ever, `burst` at once. */
export type Rate = { perSecond: number; burst: number };

/** What is left after a request; `retryAfterSeconds` is there when it was refused. */
export type Allowance = { remaining: number; resetSeconds: number; retryAfterSeconds?: number };

const CALLERS_MAX = 100_000;

/**
 * Token buckets kept as one number each: the moment at which the bucket will be full again (GCRA). An entry whose moment
 * has passed says nothing, so it may be forgotten at any time.
 */
export class TokenBuckets {
  private readonly fullAt = new Map<string, number>();

  constructor(private readonly rate: Rate) {}

  /** For the `RateLimit-Policy` header: the burst, and the seconds that fill it again. */
  policy(name: string, rate = this.rate): string {
    return `"${name}";q=${rate.burst};w=${Math.max(1, Math.ceil(rate.burst / rate.perSecond))}`;
  }

  /** @param rate where this caller has one of their own; a number remembered under another rate means the same moment. */
  take(key: string, now = Date.now(), rate = this.rate): Allowance {
    const costMs = 1000 / rate.perSecond;
    const depthMs = costMs * rate.burst;
    const fullAt = Math.max(this.fullAt.get(key) ?? 0, now) + costMs;
    const overMs = fullAt - now - depthMs;
    if (overMs > 0) {
      return {
        remaining: 0,
        resetSeconds: Math.ceil(depthMs / 1000),
        retryAfterSeconds: Math.max(1, Math.ceil(overMs / 1000)),
      };
    }
    this.remember(key, fullAt, now);
    return {
      remaining: Math.floor((now + depthMs - fullAt) / costMs),
      resetSeconds: Math.ceil((fullAt - now) / 1000),
    };
  }

  /** Undoes one {@link take} that turned out to be nobody's fault. */
  giveBack(key: string): void {
    const fullAt = this.fullAt.get(key);
    if (fullAt !== undefined) this.fullAt.set(key, fullAt - 1000 / this.rate.perSecond);
  }

  // Deleting first keeps the map in order of last use, so the oldest entries are the ones to forget.
  private remember(key: string, fullAt: number, now: number): void {
    this.fullAt.delete(key);
    this.fullAt.set(key, fullAt);
    if (this.fullAt.size <= CALLERS_MAX) return;
    for (const [oldest, moment] of this.fullAt) {
      if (moment > now && this.fullAt.size <= CALLERS_MAX) return;
      this.fullAt.delete(oldest);
    }
  }
}
