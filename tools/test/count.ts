import { stripVTControlCharacters } from 'node:util';

export type TestCount = { passed: number; failed: number };

/** Adds up the summaries that the runs of Jest print. A suite that could not even run counts as one failed test. */
export class TestCounter {
  readonly total: TestCount = { passed: 0, failed: 0 };

  /** What takes the output of one stream, in pieces cut anywhere. */
  reader(): (text: string) => void {
    let unfinished = '';
    let brokenSuites = 0;
    const read = (line: string): void => {
      // Jest prints "Test Suites: …" right before "Tests: …".
      const suites = /^\s*Test Suites:\s.*\btotal\s*$/.exec(line);
      if (suites) brokenSuites = numberBefore('failed', line);
      const tests = /^\s*Tests:\s.*\btotal\s*$/.exec(line);
      if (!tests) return;
      const failed = numberBefore('failed', line);
      this.total.passed += numberBefore('passed', line);
      this.total.failed += failed === 0 ? brokenSuites : failed;
      brokenSuites = 0;
    };
    return (text) => {
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) read(stripVTControlCharacters(line));
    };
  }
}

function numberBefore(word: string, line: string): number {
  return Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0);
}
