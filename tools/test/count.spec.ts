import { TestCounter } from './count.ts';

function count(text: string, pieceLength = 7): { passed: number; failed: number } {
  const counter = new TestCounter();
  for (let i = 0; i < text.length; i += pieceLength) counter.add(text.slice(i, i + pieceLength));
  return counter.total;
}

describe('counting tests', () => {
  it('adds up the summaries of all projects, coloured or not', () => {
    const text = [
      'Test Suites: 2 passed, 2 total',
      'Tests:       10 passed, 10 total',
      'noise: Tests 99 passed',
      '\u001b[1mTest Suites: \u001b[22m\u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m, 3 total',
      '\u001b[1mTests:       \u001b[22m\u001b[31m1 failed\u001b[39m, 2 skipped, 4 passed, 7 total',
      '',
    ].join('\n');
    expect(count(text)).toEqual({ passed: 14, failed: 1 });
  });

  it('of runs that print at the same time', () => {
    const one = new TestCounter();
    const other = new TestCounter(one.total);
    one.add('Test Suites: 1 failed, 1 total\nTests:       0 ');
    other.add('Test Suites: 1 passed, 1 total\nTests:       3 passed, 3 total\n');
    one.add('total\n');
    expect(one.total).toEqual({ passed: 3, failed: 1 });
  });

  it('counts a suite that could not run as a failure', () => {
    expect(count('Test Suites: 1 failed, 1 total\nTests:       0 total\n')).toEqual({ passed: 0, failed: 1 });
  });
});
