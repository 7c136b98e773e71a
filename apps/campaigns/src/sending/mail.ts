import type { DoubtPolicy } from '@leadwire/contracts';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Step } from '../campaigns/steps.js';
import type { SendJournal } from './send-journal.js';

/** One mail that this process has claimed and must bring to an end. */
export type ClaimedMail = {
  tenantId: string;
  activityId: string;
  enrolmentId: string;
  leadId: string;
  campaignId: string;
  launchedByUserId: string | null;
  step: Step;
  /** All steps of the campaign: where the enrolment goes afterwards. */
  steps: readonly Step[];
  accountId: string;
  /** Failures in a row that the account had when the mail was claimed. */
  accountFailures: number;
  onDoubt: DoubtPolicy;
  from: { name: string; address: string };
  to: string;
  subject: string;
  body: string;
  messageId: string;
  /** Message-ID of the mail it replies to. */
  inReplyTo: string | null;
  /** Tries that a server has answered so far. */
  attempts: number;
  /** Day of the account, `YYYY-MM-DD`, on which its slot was reserved. */
  reservedOn: string;
  journalId: string;
  /** Present for mails claimed by this process, absent for those of a dead one that are recovered. */
  journal?: SendJournal;
  /** `performance.now()` after which another process may take the mail over: nothing may leave then. */
  leaseUntil: number;
};

/** The mail as it travels. nodemailer encodes what is not ASCII and folds the headers. */
export function composeMail(mail: ClaimedMail, at: Date): Promise<Buffer> {
  const { from, to, subject, body, messageId, inReplyTo } = mail;
  return new MailComposer({
    from,
    // As an object it is one address whatever characters it has; as text it could be read as several.
    to: { name: '', address: to },
    subject,
    text: body,
    messageId,
    date: at,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(inReplyTo ? { inReplyTo, references: [inReplyTo] } : {}),
  })
    .compile()
    .build();
}

/** Thrown instead of the end of a mail's data: without it the server discards the mail (RFC 5321 §4.1.1.4). */
export class LeaseLostError extends Error {
  constructor() {
    super('The mail is not ours to send any more.');
  }
}
