import { Injectable } from '@nestjs/common';
import { Rounds } from '@leadwire/platform';
import { expireSession } from '../payments/checkout.js';
import { StripeState } from '../state/stripe-state.js';

/** Expires the sessions that nobody completed in time. */
@Injectable()
export class SessionSweeper extends Rounds {
  protected readonly everyMs = 1_000;
  protected readonly trouble = 'checkout sessions could not be expired';

  constructor(private readonly state: StripeState) {
    super();
  }

  async round(): Promise<boolean> {
    const now = this.state.now;
    const due = this.state
      .all('checkout.session')
      .filter(({ status, expires_at }) => status === 'open' && expires_at <= now);
    for (const { id } of due)
      this.state.run((change) => expireSession(change, change.require('checkout.session', id)));
    return false;
  }
}
