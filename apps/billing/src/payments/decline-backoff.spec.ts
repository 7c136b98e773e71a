import { DECLINES_MAX, monthOf, nextAfterDecline } from './decline-backoff.js';

const NOW = new Date('2026-12-31T23:30:00.000Z');

describe('after a decline', () => {
  it('waits an hour, then twice as long each time, and no more after the last', () => {
    const waits = Array.from({ length: DECLINES_MAX }, (_, i) => nextAfterDecline(i + 1, NOW));
    expect(waits.map((at) => at && (at.getTime() - NOW.getTime()) / 3_600_000)).toEqual([1, 2, 4, null]);
  });
});

describe('the month of a cap', () => {
  it('is the calendar month in UTC, also at the turn of the year', () => {
    expect(monthOf(NOW)).toEqual({
      start: new Date('2026-12-01T00:00:00.000Z'),
      end: new Date('2027-01-01T00:00:00.000Z'),
    });
  });
});
