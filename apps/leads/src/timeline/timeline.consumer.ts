import { EmailFailed, EmailSent, EnrolmentEnded, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { recordFacts } from './timeline.queries.js';

const BATCH_MAX = 100;

/** Shows on the lead what campaigns did with it. */
@Consumes('leads__timeline')
export class TimelineConsumer {
  @On(EmailSent, { batch: BATCH_MAX })
  emailsSent(events: EventOf<typeof EmailSent>[], db: TenantDb): Promise<void> {
    return recordFacts(
      db,
      'email-sent',
      events.map(({ id, userId, data: { leadId, sentAt, campaignId, stepId, subject, to, messageId } }) => ({
        eventId: id,
        leadId,
        occurredAt: sentAt,
        userId,
        data: { campaignId, stepId, subject, to, messageId },
      })),
    );
  }

  @On(EmailFailed, { batch: BATCH_MAX })
  emailsFailed(events: EventOf<typeof EmailFailed>[], db: TenantDb): Promise<void> {
    return recordFacts(
      db,
      'email-failed',
      events.map(({ id, userId, occurredAt, data: { leadId, campaignId, stepId, reason } }) => ({
        eventId: id,
        leadId,
        occurredAt,
        userId,
        data: { campaignId, stepId, reason },
      })),
    );
  }

  @On(EnrolmentEnded, { batch: BATCH_MAX })
  enrolmentsEnded(events: EventOf<typeof EnrolmentEnded>[], db: TenantDb): Promise<void> {
    return recordFacts(
      db,
      'campaign-ended',
      events.map(({ id, userId, occurredAt, data: { leadId, campaignId, outcome, reason } }) => ({
        eventId: id,
        leadId,
        occurredAt,
        userId,
        data: { campaignId, outcome, reason },
      })),
    );
  }
}
