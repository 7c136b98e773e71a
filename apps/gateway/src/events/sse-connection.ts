import { PassThrough } from 'node:stream';
import type { Session } from '../auth/session.js';

/** What may wait for a client that reads slowly before it is dropped; it resumes where it stopped. */
const WAITING_BYTES_MAX = 512 * 1024;
const RETRY_MS = 2_000;

/** One event as it goes over the wire, with its place in the stream. */
export type Frame = { seq: number; text: string };

/** One client's event stream (server-sent events, HTML Living Standard §9.2), bounded and in order. */
export class SseConnection {
  readonly stream = new PassThrough();
  private lastSeq = 0;
  /** Live events that arrived while older ones are still being read; undefined once the client is up to date. */
  private held: Frame[] | undefined = [];
  private heldBytes = 0;

  constructor(readonly session: Session) {
    // A client that is gone makes the stream fail; that is how connections end, not an error.
    this.stream.on('error', () => undefined);
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  get tenantId(): string {
    return this.session.tenantId;
  }

  get open(): boolean {
    return !this.stream.destroyed && !this.stream.writableEnded;
  }

  /** Only what comes after this place is sent. */
  startAfter(seq: number): void {
    this.lastSeq = seq;
  }

  /** An event of the present. */
  live(frame: Frame): void {
    if (!this.held) return this.send(frame);
    this.held.push(frame);
    this.heldBytes += frame.text.length;
    if (this.heldBytes > WAITING_BYTES_MAX) this.drop();
  }

  /** An event of the past, read again for this client. */
  send(frame: Frame): void {
    if (frame.seq <= this.lastSeq) return;
    this.lastSeq = frame.seq;
    this.write(frame.text);
  }

  /** The past is told: from here on events go out as they come. */
  caughtUp(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const frame of held) this.send(frame);
  }

  beat(): void {
    this.write(': still here\n\n');
  }

  /** Says why, then ends: the client comes back with a new token and its last event id. */
  end(event: string, reason: string): void {
    this.say(event, reason);
    this.stream.end();
  }

  /** Something about the stream itself rather than an event of the product; it has no id. */
  say(event: string, reason: string): void {
    this.write(`event: ${event}\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  private drop(): void {
    this.held = undefined;
    this.stream.destroy();
  }

  private write(text: string): void {
    if (!this.open) return;
    this.stream.write(text);
    if (this.stream.readableLength + this.stream.writableLength > WAITING_BYTES_MAX) this.drop();
  }
}
