import { Inject } from '@nestjs/common';
import { EmailSent, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { POST_BATCH_MAX } from '../ledger/locked-wallet.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Charging, type RatedUsage } from './charging.js';
import { PRICES_OF_ITEM } from './charging.queries.js';
import { rate, type Priced, type PriceRow } from './rating.js';

const MAIL: Priced = { category: 'email', provider: 'smtp', model: null, unit: 'message' };

/** Charges what other services report as used: each mail once, at the price of the moment it was sent. */
@Consumes('billing__usage')
export class UsageConsumer {
  constructor(
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
  ) {}

  @On(EmailSent, { batch: POST_BATCH_MAX })
  async emailSent(events: EventOf<typeof EmailSent>[], db: TenantDb): Promise<void> {
    const prices = await pricesOf(
      db,
      MAIL,
      events.map(({ data }) => new Date(data.sentAt)),
    );
    const usage = events.map((event) => usageOf(event, prices));
    const wallet = await this.wallets.take(db);
    await this.charging.record(db, wallet, usage);
    await wallet.save();
  }
}

function usageOf({ data }: EventOf<typeof EmailSent>, prices: PriceRow[]): RatedUsage {
  const { activityId, campaignId, leadId, enrolmentId, stepId, launchedByUserId, sentAt } = data;
  const occurredAt = new Date(sentAt);
  return {
    key: `email:${activityId}`,
    feature: 'campaigns',
    items: [rate(prices, '1', occurredAt)],
    userId: launchedByUserId,
    reference: activityId,
    occurredAt,
    metadata: { campaignId, leadId, enrolmentId, stepId },
  };
}

function pricesOf(
  db: TenantDb,
  { category, provider, model, unit }: Priced,
  moments: Date[],
): Promise<PriceRow[]> {
  const times = moments.map(Number);
  const span = [new Date(Math.min(...times)), new Date(Math.max(...times))];
  return db.query<PriceRow>(PRICES_OF_ITEM, [db.tenantId, category, provider, model, unit, ...span]);
}
