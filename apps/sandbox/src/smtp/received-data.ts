import type { SMTPServerDataStream } from 'smtp-server';
import { SOURCE_BYTES_MAX } from '../mails/mail.js';

export type ReceivedData = { source: Buffer; size: number; truncated: boolean; tooLarge: boolean };

/**
 * Reads one message to its end, keeping no more of it than the store would.
 * Null when the client went away before the end: such a message was never sent.
 */
export function receive(stream: SMTPServerDataStream): Promise<ReceivedData | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let kept = 0;
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (kept >= SOURCE_BYTES_MAX) return;
      const part = chunk.subarray(0, SOURCE_BYTES_MAX - kept);
      chunks.push(part);
      kept += part.length;
    });
    stream.on('end', () =>
      resolve({ source: joined(chunks, kept), size, truncated: size > kept, tooLarge: stream.sizeExceeded }),
    );
    stream.on('error', () => resolve(null));
    stream.on('close', () => resolve(null));
  });
}

/** In memory of its own: a slice of Node's shared pool would keep alive what else is in the pool for as long as the mail. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const source = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(source, at);
  return source;
}
