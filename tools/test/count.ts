import { stripVTControlCharacters } from 'node:util';

export type TestCount = { passed: number; failed: number };

/** Adds up the summaries that Jest prints on one stream. A suite that could not even run counts as one failed test. */
export class TestCounter {
  readonly total: TestCount;
  private unfinished = '';
  private brokenSuites = 0;

  /** @param total what is added to; the counters of several streams may share it */
  constructor(total: TestCount = { passed: 0, failed: 0 }) {
    this.total = total;
  }

  /** Takes a piece of output, cut anywhere. */
  add(text: string): void {
    const lines = (this.unfinished + text).split('\n');
    this.unfinished = lines.pop() ?? '';
    for (const line of lines) this.read(stripVTControlCharacters(line));
  }

  private read(line: string): void {
    // Jest prints "Test Suites: …" right before "Tests: …".
    const suites = /^\s*Test Suites:\s.*\btotal\s*$/.exec(line);
    if (suites) this.brokenSuites = numberBefore('failed', line);
    const tests = /^\s*Tests:\s.*\btotal\s*$/.exec(line);
    if (!tests) return;
    const failed = numberBefore('failed', line);
    this.total.passed += numberBefore('passed', line);
    this.total.failed += failed === 0 ? this.brokenSuites : failed;
    this.brokenSuites = 0;
  }
}

function numberBefore(word: string, line: string): number {
  return Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0);
}
