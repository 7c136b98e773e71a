import { Inject, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER, type Logger } from './logging.js';

/**
 * Rounds begin at different moments within this time: those that all look at once want a connection each, in every replica that started
 * with them.
 */
const SPREAD_MS = 1_000;

/**
 * Work that is looked for again and again in the background, one round at a time, as long as the service runs. A round that
 * fails is logged, and the next one tries again; shutting down waits for the step under way, before the database goes.
 */
export abstract class Rounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Into the property, so that who extends this need not hand it on. */
  @Inject(LOGGER) protected readonly logger!: Logger;
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private wanted = false;
  private stopping = false;

  /** How often to look. */
  protected abstract readonly everyMs: number;
  /** What the log says when it failed. */
  protected abstract readonly trouble: string;

  /** Does what is due and says whether there may be more; it should look at {@link stopped} between steps. */
  abstract round(): Promise<boolean>;

  onApplicationBootstrap(): void {
    const firstMs = this.everyMs - Math.random() * Math.min(this.everyMs, SPREAD_MS);
    this.timer = setTimeout(() => {
      this.timer = setInterval(() => this.wake(), this.everyMs).unref();
      this.wake();
    }, firstMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Looks now, or once more after the round under way: something has just become due. */
  wake(): void {
    this.wanted = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Whether the service is shutting down. */
  protected get stopped(): boolean {
    return this.stopping;
  }

  private async run(): Promise<void> {
    try {
      while (this.wanted && !this.stopping) {
        this.wanted = false;
        this.wanted = (await this.round()) || this.wanted;
      }
    } catch (err) {
      this.logger.warn({ err }, `${this.trouble}; the next round tries again`);
    }
  }
}
