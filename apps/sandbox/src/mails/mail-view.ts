import { decodeWords, unfold } from './mail-headers.js';
import type { Mail } from './mail.js';

/** One mail of a list. */
export type MailSummary = {
  id: number;
  receivedAt: string;
  from: string;
  to: string[];
  messageId: string | null;
  subject: string;
  size: number;
  username: string | null;
  acknowledged: boolean;
  truncated: boolean;
};

/** One mail with its parsed content. All of it is empty or null when the source is no longer kept. */
export type MailDetail = MailSummary & {
  sourceKept: boolean;
  /** In the order of the mail; names in lower case. */
  headers: { name: string; value: string }[];
  text: string | null;
  html: string | null;
  attachments: { filename: string | null; contentType: string; size: number }[];
};

export function toSummary({ source: _source, ...mail }: Mail): MailSummary {
  return { ...mail, receivedAt: new Date(mail.receivedAt).toISOString() };
}

/** Parses the source, which is why lists do not carry the content. */
export async function toDetail(mail: Mail): Promise<MailDetail> {
  const summary = { ...toSummary(mail), sourceKept: mail.source !== null };
  if (!mail.source) return { ...summary, headers: [], text: null, html: null, attachments: [] };
  // Large, and a process that only takes mails in needs none of it.
  const { simpleParser } = await import('mailparser');
  const parsed = await simpleParser(mail.source, { skipHtmlToText: true, skipTextToHtml: true });
  return {
    ...summary,
    headers: parsed.headerLines.map(({ key, line }) => ({
      name: key,
      value: decodeWords(unfold(line.slice(line.indexOf(':') + 1))),
    })),
    text: parsed.text ?? null,
    html: parsed.html || null,
    attachments: parsed.attachments.map(({ filename, contentType, size }) => ({
      filename: filename ?? null,
      contentType,
      size,
    })),
  };
}
