/** Bounds of what the sandbox keeps; the oldest goes first. */
export const MAILS_MAX = 200_000;
/** Source kept of one mail; what is longer is cut and marked `truncated`. */
export const SOURCE_BYTES_MAX = 1024 * 1024;
/** Source kept of all mails together. */
export const SOURCES_BYTES_MAX = 256 * 1024 * 1024;
/** A longer message is refused with 552 (RFC 1870). */
export const MESSAGE_BYTES_MAX = 25 * 1024 * 1024;
export const MAILS_PAGE_MAX = 1000;
export const MAILS_PAGE_DEFAULT = 100;

/** One mail that the sandbox took. */
export type Mail = {
  /** Grows by one per mail and is never given twice, so it also serves as the cursor of lists. */
  id: number;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** Envelope sender; empty for the null sender. */
  from: string;
  /** Envelope recipients. */
  to: string[];
  /** As in the header, without angle brackets; null when the header is absent. */
  messageId: string | null;
  subject: string;
  /** Bytes received, also when less was kept. */
  size: number;
  /** The account that authenticated, if any. */
  username: string | null;
  /** False when a misbehaviour closed the connection instead of answering 250: the client cannot know that we have it. */
  acknowledged: boolean;
  truncated: boolean;
  /** The source, until the bound on all sources pushed it out. */
  source: Buffer | null;
};

export type NewMail = Omit<Mail, 'id' | 'receivedAt'> & { source: Buffer };
