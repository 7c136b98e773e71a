import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const ROTATE_BYTES = 20 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

/** A file that child processes write to directly: no line passes through the launcher, and its death closes nothing. */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens for appending; the previous file is put aside as `.1` once it is large. The caller closes the descriptor. */
  open(): { fd: number; offset: number } {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > ROTATE_BYTES) renameSync(this.path, `${this.path}.1`);
    const fd = openSync(this.path, 'a', 0o640);
    return { fd, offset: fstatSync(fd).size };
  }

  /** The last `count` lines written at or after byte `from`. */
  tail(count: number, from = 0): string[] {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch {
      return [];
    }
    try {
      const { size } = fstatSync(fd);
      const start = Math.max(from, size - TAIL_BYTES);
      const buffer = Buffer.alloc(Math.max(0, size - start));
      readSync(fd, buffer, 0, buffer.length, start);
      return buffer.toString('utf8').split('\n').filter(Boolean).slice(-count);
    } finally {
      closeSync(fd);
    }
  }
}
