import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LOGGER, type Logger } from '@leadwire/platform';
import { Snapshots } from './snapshots.js';

const LOOK_EVERY_MS = 5_000;

/**
 * Sees to it that the bucket has what it should: fills it when the broker came up without it, and brings the flags for
 * everybody up to date, which no tenant's events announce. Any number of replicas do this beside each other.
 */
@Injectable()
export class SnapshotKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(
    @Inject(Snapshots) private readonly snapshots: Snapshots,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      await this.look().catch((err: unknown) =>
        this.logger.warn({ err }, 'snapshots of rights could not be looked after'),
      );
      await this.rest();
    }
  }

  private async look(): Promise<void> {
    if (await this.snapshots.isBucketFilled()) return this.snapshots.publishEverybody();
    const tenants = await this.snapshots.publishAll(() => this.stopped);
    this.logger.info({ tenants }, 'snapshots of rights were published');
  }

  private async rest(): Promise<void> {
    if (this.stopped) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, LOOK_EVERY_MS);
    });
    clearTimeout(timer);
  }
}
