import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LOGGER, type Logger } from '@leadwire/platform';
import { expireSession } from '../payments/checkout.js';
import { StripeState } from '../state/stripe-state.js';

const SWEEP_MS = 1_000;

/** Expires the sessions that nobody completed in time. */
@Injectable()
export class SessionSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly state: StripeState,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private sweep(): void {
    try {
      const now = this.state.now;
      const due = this.state
        .all('checkout.session')
        .filter(({ status, expires_at }) => status === 'open' && expires_at <= now);
      for (const { id } of due) {
        this.state.run((change) => expireSession(change, change.require('checkout.session', id)));
      }
    } catch (error) {
      this.logger.error({ err: error }, 'checkout sessions could not be expired');
    }
  }
}
