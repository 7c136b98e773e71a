import { styleText } from 'node:util';

const SLOW_STEP_MS = 3_000;
const LABEL_WIDTH = 44;

/** How a tool tells the person waiting what happens: one line per step, with its time. */
export class Progress {
  private failed = false;
  private readonly quiet: boolean;
  private readonly write: (text: string) => void;

  constructor(quiet = false, write: (text: string) => void = (text) => void process.stdout.write(text)) {
    this.quiet = quiet;
    this.write = write;
  }

  /** Runs a step; a slow one is announced, a finished one gets its line. `describe` words the outcome. */
  async step<T>(label: string, work: () => Promise<T>, describe?: (result: T) => string): Promise<T> {
    const startedAt = Date.now();
    const announce = setTimeout(() => this.note(`  … ${label}`), SLOW_STEP_MS);
    try {
      const result = await work();
      this.line('✓', 'green', describe?.(result) ?? label, startedAt);
      return result;
    } catch (error) {
      // Steps that ran beside the failed one are ended by us; that they ended too is no news.
      if (!this.failed) this.line('✗', 'red', label, startedAt);
      this.failed = true;
      throw error;
    } finally {
      clearTimeout(announce);
    }
  }

  /** A line between the steps. */
  note(text: string): void {
    if (!this.quiet) this.write(`${text}\n`);
  }

  private line(mark: string, colour: 'green' | 'red', label: string, startedAt: number): void {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    this.note(`  ${styleText(colour, mark)} ${label.padEnd(LABEL_WIDTH)} ${seconds.padStart(6)} s`);
  }
}
