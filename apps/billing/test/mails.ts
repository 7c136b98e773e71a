import { EmailSent, type EmailSentData } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import type { TestService } from '@leadwire/testing';

/** What campaigns says when a mail has left. */
export function mail(over: Partial<EmailSentData> = {}): EmailSentData {
  const activityId = newId();
  return {
    campaignId: newId(),
    enrolmentId: newId(),
    leadId: newId(),
    stepId: newId(),
    activityId,
    emailAccountId: newId(),
    launchedByUserId: newId(),
    to: 'ada@example.test',
    subject: 'Hello',
    messageId: `<${activityId}@example.test>`,
    sentAt: new Date().toISOString(),
    ...over,
  };
}

export const mails = (count: number, over: Partial<EmailSentData> = {}) =>
  Array.from({ length: count }, () => mail(over));

/** Publishes each mail as a fact of its own; `id` and `messageId` make it the same fact again past the broker's dedupe. */
export async function send(service: TestService, tenantId: string, sent: EmailSentData[]): Promise<string[]> {
  return Promise.all(
    sent.map((data) => service.publish(EmailSent, { tenantId, aggregateId: data.enrolmentId, data })),
  );
}
