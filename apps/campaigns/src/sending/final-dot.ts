import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

const TURNS = 5;
const POLL_MS = 5;
/** The final dot with what it takes to put it on a line of its own is at most `\r\n.\r\n`. */
const DOT_BYTES_MAX = 5;
const DOT_END = Buffer.from('.\r\n');

/**
 * A mail's data that ends only when all of it is with the kernel. The final dot then has nothing queued before it, and is
 * with the kernel itself as soon as it is written.
 */
export class MailData extends Readable {
  private sent = false;
  /** Everything but the final dot has been passed on. */
  ended = false;

  constructor(
    private readonly data: Buffer,
    private readonly socket: Socket,
  ) {
    super();
  }

  override _read(): void {
    if (this.sent) return this.endWhenFlushed(0);
    this.sent = true;
    this.push(this.data);
  }

  // The first look waits a turn as well: until then the data may still be on its way to the socket.
  private endWhenFlushed(turn: number): void {
    const look = () => {
      if (this.destroyed) return;
      if (this.socket.destroyed) {
        this.destroy(new Error('The connection was lost.'));
      } else if (this.socket.writableLength > 0) {
        this.endWhenFlushed(turn + 1);
      } else {
        this.ended = true;
        this.push(null);
      }
    };
    // A fast server has it within a turn or two; for a slow one there is no point in spinning.
    if (turn < TURNS) setImmediate(look);
    else setTimeout(look, POLL_MS);
  }
}

/**
 * Calls `beforeDot` immediately before the final dot of `data` is written to the socket: between the two there is nothing
 * but the call into the kernel, so a process that dies has either done both or, but for microseconds, neither. When
 * `beforeDot` throws, the dot is not written and the connection is destroyed with that error.
 * @returns what takes the watch off the socket again
 */
export function watchFinalDot(socket: Socket, data: MailData, beforeDot: () => void): () => void {
  const write = socket.write;
  const watched = (chunk: Uint8Array | string, ...rest: never[]): boolean => {
    if (
      data.ended &&
      Buffer.isBuffer(chunk) &&
      chunk.length <= DOT_BYTES_MAX &&
      chunk.subarray(-3).equals(DOT_END)
    ) {
      try {
        beforeDot();
      } catch (error) {
        socket.destroy(error as Error);
        return false;
      }
    }
    return write.call(socket, chunk, ...rest);
  };
  socket.write = watched as typeof socket.write;
  return () => {
    socket.write = write;
  };
}
