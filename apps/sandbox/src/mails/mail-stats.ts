import type { Mail } from './mail.js';

const DUPLICATES_LISTED_MAX = 100;

export type Duplicate = { messageId: string; recipient: string; times: number };

export type MailStats = {
  /** Mails kept. */
  total: number;
  distinctMessageIds: number;
  withoutMessageId: number;
  /** Mails that were stored but never answered with 250. */
  unacknowledged: number;
  /** Pairs of message id and recipient that were delivered more than once. */
  duplicates: number;
  duplicateDeliveries: Duplicate[];
  /** Deliveries by recipient domain: a mail to two recipients of a domain counts twice. */
  byRecipientDomain: Record<string, number>;
};

/** Counts over the given mails. */
export function summarise(mails: readonly Mail[]): MailStats {
  const messageIds = new Set<string>();
  const deliveries = new Map<string, number>();
  const domains = new Map<string, number>();
  let unacknowledged = 0;
  let withoutMessageId = 0;
  for (const mail of mails) {
    if (!mail.acknowledged) unacknowledged += 1;
    if (mail.messageId === null) withoutMessageId += 1;
    else messageIds.add(mail.messageId);
    for (const recipient of mail.to.map((address) => address.toLowerCase())) {
      increment(domains, recipient.slice(recipient.lastIndexOf('@') + 1));
      // A line break is in neither a header value nor an address, so it keeps the two apart.
      if (mail.messageId !== null) increment(deliveries, `${mail.messageId}\n${recipient}`);
    }
  }
  const repeated = [...deliveries].filter(([, times]) => times > 1);
  return {
    total: mails.length,
    distinctMessageIds: messageIds.size,
    withoutMessageId,
    unacknowledged,
    duplicates: repeated.length,
    duplicateDeliveries: repeated.slice(0, DUPLICATES_LISTED_MAX).map(toDuplicate),
    byRecipientDomain: Object.fromEntries([...domains].sort(([, a], [, b]) => b - a)),
  };
}

function toDuplicate([key, times]: [string, number]): Duplicate {
  const [messageId = '', recipient = ''] = key.split('\n');
  return { messageId, recipient, times };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
