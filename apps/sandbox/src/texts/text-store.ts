import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Texts kept; the oldest goes first. They live in memory only. */
const TEXTS_MAX = 10_000;

/** One text that the sandbox took. */
export type SentText = {
  /** Grows by one per text and is never given twice. */
  id: number;
  sid: string;
  receivedAt: string;
  account: string;
  from: string;
  to: string;
  body: string;
};

/** The texts that were sent to any phone. */
@Injectable()
export class TextStore {
  private texts: SentText[] = [];
  private lastId = 0;

  add(text: Pick<SentText, 'account' | 'from' | 'to' | 'body'>): SentText {
    const sid = `SM${randomBytes(16).toString('hex')}`;
    const kept = { id: ++this.lastId, sid, receivedAt: new Date().toISOString(), ...text };
    this.texts.push(kept);
    if (this.texts.length > TEXTS_MAX) this.texts.shift();
    return kept;
  }

  /** Newest first. */
  list(limit: number, to?: string): SentText[] {
    return this.texts
      .filter((text) => to === undefined || text.to === to)
      .slice(-limit)
      .reverse();
  }

  clear(): void {
    this.texts = [];
  }
}
