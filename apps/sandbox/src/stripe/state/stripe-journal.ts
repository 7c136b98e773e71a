import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { assert } from '@leadwire/kernel';

const NAME = 'stripe.jsonl';
/** A longer journal is written anew from what is still known. */
const REWRITE_BYTES = 32 * 1024 * 1024;

/**
 * The account on disk: JSON lines, one for each change. Writing is synchronous, so a change is with the operating system
 * before its answer leaves and no other change comes between (it survives `kill -9`, not a power cut: nothing is synced).
 */
export class StripeJournal {
  private file: number;
  private bytes: number;
  /** Lines that could not be read at the start. */
  unreadable = 0;

  private constructor(
    private readonly dir: string,
    private readonly snapshot: () => Iterable<object>,
  ) {
    this.file = -1;
    this.bytes = 0;
  }

  /** Hands every line to `onLine`, oldest first, then writes the journal anew from the snapshot. */
  static open(dir: string, snapshot: () => Iterable<object>, onLine: (line: object) => void): StripeJournal {
    mkdirSync(dir, { recursive: true });
    const journal = new StripeJournal(dir, snapshot);
    const path = join(dir, NAME);
    if (existsSync(path)) journal.read(path, onLine);
    journal.rewrite();
    return journal;
  }

  /** @throws the file system's error; half a line is cut off again */
  append(change: object): void {
    assert(this.file >= 0, 'the journal is open');
    if (this.bytes > REWRITE_BYTES) this.rewrite();
    const line = lineOf(change);
    try {
      writeAll(this.file, line);
      this.bytes += line.length;
    } catch (error) {
      ftruncateSync(this.file, this.bytes);
      throw error;
    }
  }

  close(): void {
    if (this.file >= 0) closeSync(this.file);
    this.file = -1;
  }

  private read(path: string, onLine: (line: object) => void): void {
    const lines = readFileSync(path, 'utf8').split('\n');
    // What stands after the last line end was being written when the process died: it was never answered.
    lines.pop();
    for (const line of lines) {
      try {
        onLine(JSON.parse(line) as object);
      } catch {
        this.unreadable += 1;
      }
    }
  }

  /** Writes only what is still known. */
  rewrite(): void {
    const fresh = join(this.dir, `${NAME}.new`);
    const file = openSync(fresh, 'w');
    let bytes = 0;
    for (const change of this.snapshot()) {
      const line = lineOf(change);
      writeAll(file, line);
      bytes += line.length;
    }
    renameSync(fresh, join(this.dir, NAME));
    this.close();
    this.file = file;
    this.bytes = bytes;
  }
}

function lineOf(change: object): Buffer {
  return Buffer.from(`${JSON.stringify(change)}\n`);
}

function writeAll(file: number, data: Buffer): void {
  for (let at = 0; at < data.length;) at += writeSync(file, data, at);
}
