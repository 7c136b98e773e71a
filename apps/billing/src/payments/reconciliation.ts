import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { Clock } from '@leadwire/kernel';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { PaymentEvents } from './payment-events.js';
import { LEAD_RECONCILIATION, RECONCILED } from './payment-events.queries.js';
import { PaymentProvider } from './payment-provider.js';

const MINUTE_MS = 60_000;
/** Who leads and dies leaves it to others after this. */
const LEASE_MS = 5 * MINUTE_MS;
/** Read again each time: an event may show in the list later than it happened, and clocks differ. */
const OVERLAP_MS = 10 * MINUTE_MS;
/** The provider's list reaches back no further. */
const REACHES_BACK_MS = 30 * 24 * 60 * MINUTE_MS;

/**
 * Reads the provider's own list of what happened, so that a webhook that never came is missed for minutes, not for ever. One
 * replica at a time, by a lease: asking takes as long as the network does, and no transaction waits for it.
 */
@Injectable()
export class Reconciliation extends Rounds {
  protected readonly everyMs = MINUTE_MS;
  protected readonly trouble = 'the provider’s events could not be read';

  constructor(
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(PaymentProvider) private readonly provider: PaymentProvider,
    @Inject(PaymentEvents) private readonly events: PaymentEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (!this.provider.enabled) return;
    super.onApplicationBootstrap();
    this.wake();
  }

  async round(): Promise<boolean> {
    await this.read();
    return false;
  }

  /** Reads what happened since the last time. @returns how many events no webhook had brought */
  async read(): Promise<number> {
    const now = this.clock.now();
    const lease = new Date(now.getTime() + LEASE_MS);
    const [lead] = await this.dataSource.query<{ seenUntil: Date }[]>(LEAD_RECONCILIATION, [now, lease]);
    if (!lead) return 0;
    const since = Math.max(lead.seenUntil.getTime() - OVERLAP_MS, now.getTime() - REACHES_BACK_MS);
    let missed = 0;
    for await (const event of this.provider.events(new Date(since)))
      if (await this.events.keep(event, 'reconciliation')) missed++;
    // The lease ends with the work; what failed in between is read again from where it was.
    await this.dataSource.query(RECONCILED, [now, now]);
    if (missed > 0) this.logger.info({ missed }, 'events of the payment provider that no webhook brought');
    return missed;
  }
}
