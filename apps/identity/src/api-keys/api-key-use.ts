import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { LOGGER, type Logger } from '@leadwire/platform';
import { ApiKeysStore } from './api-keys.store.js';

/** How exact `last_used_at` is; gateways ask about a key in use every half minute anyway. */
const SAMPLE_MS = 60_000;
const FLUSH_MS = 10_000;
const WAITING_MAX = 5_000;

/**
 * Notes when keys were used, at most once a minute each and all of them in one statement: a busy key costs no write per
 * request. What a killed process had not written yet is lost, and noted again with the next use.
 */
@Injectable()
export class ApiKeyUse implements BeforeApplicationShutdown {
  private readonly waiting = new Set<string>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    @Inject(ApiKeysStore) private readonly store: ApiKeysStore,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Remembers that a key was just used, unless that was noted within the last minute. */
  note({ id, lastUsedAt }: { id: string; lastUsedAt: Date | null }): void {
    const now = this.clock.now().getTime();
    if (lastUsedAt && now - lastUsedAt.getTime() < SAMPLE_MS) return;
    if (this.waiting.size < WAITING_MAX) this.waiting.add(id);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.waiting.size === 0) return;
    const used = [...this.waiting];
    this.waiting.clear();
    await this.store
      .noteUse(used, this.clock.now())
      .catch((err: unknown) => this.logger.warn({ err }, 'the use of API keys could not be noted'));
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
