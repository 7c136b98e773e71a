const HEADERS_BYTES_MAX = 64 * 1024;
/** RFC 5322 §2.1.1: no line is longer. */
const HEADER_VALUE_MAX = 998;
const MESSAGE_ID = header('message-id');
const SUBJECT = header('subject');
const ENCODED_WORDS = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=(?:\s+(?==\?[^?\s]+\?[bq]\?[^?\s]*\?=))?/gi;

/**
 * The two headers that a mail is found by. Nothing else is parsed at receipt, since that would decide how many mails per
 * second the sandbox can take.
 */
export function readHeaders(source: Buffer): { messageId: string | null; subject: string } {
  const end = source.indexOf('\r\n\r\n');
  const block = source.toString('utf8', 0, Math.min(end < 0 ? source.length : end, HEADERS_BYTES_MAX));
  const messageId = valueOf(block, MESSAGE_ID);
  return {
    messageId: messageId === null ? null : detached(messageId.replace(/^<|>$/g, '')),
    subject: detached(decodeWords(valueOf(block, SUBJECT) ?? '')),
  };
}

/** Decodes encoded words (RFC 2047); a word in an unknown charset stays as it is. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  return value.replace(ENCODED_WORDS, (word, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedBytes(text);
    try {
      return new TextDecoder(charset.split('*')[0]).decode(bytes);
    } catch {
      return word;
    }
  });
}

/** A header's value over its folded lines (RFC 5322 §2.2.3). */
function header(name: string): RegExp {
  return new RegExp(`^${name}:[ \\t]*(.*(?:\\r?\\n[ \\t].*)*)`, 'im');
}

function valueOf(block: string, pattern: RegExp): string | null {
  const value = pattern.exec(block)?.[1];
  return value === undefined ? null : unfold(value).slice(0, HEADER_VALUE_MAX);
}

/** Joins folded lines and drops what a terminal or a page could stumble over. */
export function unfold(value: string): string {
  return value
    .replace(/\r?\n/g, '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

function quotedBytes(text: string): Buffer {
  const bytes = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** A copy of its own: a slice would keep the whole header block in memory for as long as the mail is kept. */
function detached(value: string): string {
  return Buffer.from(value).toString();
}
