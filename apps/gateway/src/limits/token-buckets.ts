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
  private readonly costMs: number;
  private readonly depthMs: number;

  constructor(private readonly rate: Rate) {
    this.costMs = 1000 / rate.perSecond;
    this.depthMs = this.costMs * rate.burst;
  }

  /** For the `RateLimit-Policy` header: the burst, and the seconds that fill it again. */
  policy(name: string): string {
    return `"${name}";q=${this.rate.burst};w=${Math.max(1, Math.ceil(this.depthMs / 1000))}`;
  }

  take(key: string, now = Date.now()): Allowance {
    const fullAt = Math.max(this.fullAt.get(key) ?? 0, now) + this.costMs;
    const overMs = fullAt - now - this.depthMs;
    if (overMs > 0) {
      return {
        remaining: 0,
        resetSeconds: Math.ceil(this.depthMs / 1000),
        retryAfterSeconds: Math.max(1, Math.ceil(overMs / 1000)),
      };
    }
    this.remember(key, fullAt, now);
    return {
      remaining: Math.floor((now + this.depthMs - fullAt) / this.costMs),
      resetSeconds: Math.ceil((fullAt - now) / 1000),
    };
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
