import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '@leadwire/kernel';

export type JournalBounds = { segmentBytes: number; totalBytes: number };

export const JOURNAL_BOUNDS: JournalBounds = {
  segmentBytes: 32 * 1024 * 1024,
  totalBytes: 512 * 1024 * 1024,
};

const SEGMENT_NAME = /^mails-(\d{12})\.jsonl$/;
const NEWLINE = 0x0a;

/** What decides how long segments stay. */
export type Retention = {
  /** The oldest mail that is still wanted. */
  oldestWanted(): number;
  /** Told when segments had to go for their size: all mails before `id` are gone. */
  forgetBefore(id: number): void;
};

type Segment = { firstId: number; path: string; bytes: number };
type PendingLine = { line: Buffer; id: number; resolve: () => void; reject: (error: unknown) => void };

/**
 * The mails on disk: append-only JSON lines in segments named for their first mail. A line that {@link append} has
 * resolved is with the operating system, so it survives `kill -9` of this process (not a power cut: nothing is synced).
 */
export class MailJournal {
  private readonly segments: Segment[] = [];
  private pending: PendingLine[] = [];
  private tail: Promise<void> = Promise.resolve();
  private file: FileHandle | undefined;

  private constructor(
    private readonly dir: string,
    private readonly bounds: JournalBounds,
    private readonly retention: Retention,
  ) {}

  /** Opens the folder, creates it if needed and hands every complete line to `onLine`, oldest first. */
  static async open(
    dir: string,
    bounds: JournalBounds,
    retention: Retention,
    onLine: (line: string) => void,
  ): Promise<MailJournal> {
    const journal = new MailJournal(dir, bounds, retention);
    await mkdir(dir, { recursive: true });
    for (const name of (await readdir(dir)).sort()) {
      const firstId = SEGMENT_NAME.exec(name)?.[1];
      if (firstId === undefined) continue;
      const path = join(dir, name);
      const bytes = await readLines(path, onLine);
      // A line without its end was being written when the process died: its mail was never acknowledged.
      if (bytes < (await stat(path)).size) await truncate(path, bytes);
      journal.segments.push({ firstId: Number(firstId), path, bytes });
    }
    const last = journal.segments.at(-1);
    if (last) journal.file = await open(last.path, 'a');
    else await journal.startSegment(1);
    return journal;
  }

  /** The first id that an empty segment at the end promises; 1 for an empty journal. */
  get firstIdOfLastSegment(): number {
    return this.segments.at(-1)?.firstId ?? 1;
  }

  /** Resolves when the line is written; lines that arrive during a write go together in the next one. */
  append(id: number, line: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ id, line, resolve, reject });
      if (this.pending.length === 1) void this.serially(() => this.writePending());
    });
  }

  /** Removes all mails; ids go on from `nextId`, so no id is ever given twice. */
  clear(nextId: number): Promise<void> {
    return this.serially(async () => {
      await this.startSegment(nextId);
      await this.removeOldest(this.segments.length - 1);
    });
  }

  async close(): Promise<void> {
    await this.serially(async () => {
      await this.file?.close();
      this.file = undefined;
    });
  }

  private serially(step: () => Promise<void>): Promise<void> {
    const done = this.tail.then(step);
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async writePending(): Promise<void> {
    const batch = this.pending;
    this.pending = [];
    try {
      await this.write(batch);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private async write(batch: PendingLine[]): Promise<void> {
    const first = batch[0];
    assert(first && this.file, 'a batch has a line and the journal is open');
    if ((this.segments.at(-1)?.bytes ?? 0) >= this.bounds.segmentBytes) await this.rotate(first.id);
    const segment = this.segments.at(-1);
    assert(segment && this.file, 'a segment is open');
    const data = Buffer.concat(batch.map(({ line }) => line));
    try {
      await this.file.appendFile(data);
      segment.bytes += data.length;
    } catch (error) {
      // A full disk may have taken half a line; the next one must not be glued to it.
      await this.file.truncate(segment.bytes);
      throw error;
    }
  }

  private async rotate(firstId: number): Promise<void> {
    await this.startSegment(firstId);
    const total = this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const wanted = this.retention.oldestWanted();
    let excess = total - this.bounds.totalBytes;
    let count = 0;
    for (const [i, segment] of this.segments.slice(0, -1).entries()) {
      const unwanted = (this.segments[i + 1]?.firstId ?? Infinity) <= wanted;
      if (excess <= 0 && !unwanted) break;
      excess -= segment.bytes;
      count += 1;
    }
    if (count > 0) await this.removeOldest(count);
  }

  private async startSegment(firstId: number): Promise<void> {
    const path = join(this.dir, `mails-${String(firstId).padStart(12, '0')}.jsonl`);
    const next = await open(path, 'a');
    await this.file?.close();
    this.file = next;
    if (this.segments.at(-1)?.path !== path) this.segments.push({ firstId, path, bytes: 0 });
  }

  private async removeOldest(count: number): Promise<void> {
    for (const { path } of this.segments.splice(0, count)) await unlink(path);
    const oldest = this.segments[0];
    if (oldest) this.retention.forgetBefore(oldest.firstId);
  }
}

/** Hands over the complete lines of a file and tells how many bytes they are. */
async function readLines(path: string, onLine: (line: string) => void): Promise<number> {
  let rest: Buffer[] = [];
  let consumed = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    let bytes = chunk as Buffer;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      const line = Buffer.concat([...rest, bytes.subarray(0, end)]);
      rest = [];
      consumed += line.length + 1;
      onLine(line.toString());
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > 0) rest.push(bytes);
  }
  return consumed;
}
