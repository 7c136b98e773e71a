import type { Mail } from './mail.js';

/** One mail as a line of the journal. Latin-1 maps each byte of the source to one character, so any bytes survive. */
export function encodeLine(mail: Mail): Buffer {
  return Buffer.from(`${JSON.stringify({ ...mail, source: mail.source?.toString('latin1') })}\n`);
}

/** Null for a line that is no mail: one bad line must not hide all others. */
export function decodeLine(line: string): Mail | null {
  try {
    const mail = JSON.parse(line) as Omit<Mail, 'source'> & { source: string };
    if (!Number.isSafeInteger(mail.id) || !Array.isArray(mail.to) || typeof mail.source !== 'string')
      return null;
    return { ...mail, source: Buffer.from(mail.source, 'latin1') };
  } catch {
    return null;
  }
}
