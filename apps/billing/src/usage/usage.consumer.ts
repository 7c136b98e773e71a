import { Inject } from '@nestjs/common';
import { EmailSent, usageErrors, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { POST_BATCH_MAX } from '../ledger/locked-wallet.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Charging, usageOf } from './charging.js';
import { Rater, type Use } from './rater.js';
import type { Priced } from './rating.js';

const MAIL: Priced = { category: 'email', provider: 'smtp', model: null, unit: 'message' };

/** Charges what other services report as used: each mail once, at the price of the moment it was sent. */
@Consumes('billing__usage')
export class UsageConsumer {
  constructor(
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Rater) private readonly rater: Rater,
    @Inject(Charging) private readonly charging: Charging,
  ) {}

  @On(EmailSent, { batch: POST_BATCH_MAX })
  async emailSent(events: EventOf<typeof EmailSent>[], db: TenantDb): Promise<void> {
    const wallet = await this.wallets.take(db);
    const rated = await this.rater.rate(db, wallet, events.map(useOf));
    const answers = await this.charging.record(db, wallet, rated.map(usageOf));
    if (answers.some(({ outcome }) => outcome === 'conflict')) throw usageErrors.key_reused();
    await wallet.save();
  }
}

function useOf({ data }: EventOf<typeof EmailSent>): Use {
  const { activityId, campaignId, leadId, enrolmentId, stepId, launchedByUserId, sentAt } = data;
  return {
    key: `email:${activityId}`,
    feature: 'campaigns',
    used: [{ ...MAIL, quantity: '1' }],
    userId: launchedByUserId,
    reference: activityId,
    occurredAt: new Date(sentAt),
    metadata: { campaignId, leadId, enrolmentId, stepId },
    source: 'service',
  };
}
