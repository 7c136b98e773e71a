import { roomOf, UNDER_WAY_MAX, UNDER_WAY_PER_ACCOUNT_MAX } from './room.js';

it('gives one account no more than its share, however much is free', () => {
  expect(roomOf({ all: 0, ofTenant: 0, ofAccount: 0 })).toBe(UNDER_WAY_PER_ACCOUNT_MAX);
  expect(roomOf({ all: 150, ofTenant: 150, ofAccount: 150 })).toBe(50);
  expect(roomOf({ all: 200, ofTenant: 200, ofAccount: 200 })).toBe(0);
});

it.each([1, 2, 5, 20])('leaves room for a newcomer when %i tenants take all they can get', (greedy) => {
  const taken = Array.from({ length: greedy }, () => 0);
  let all = 0;
  for (let claimed = true; claimed;) {
    claimed = false;
    for (const [i, ofTenant] of taken.entries()) {
      if (roomOf({ all, ofTenant, ofAccount: 0 }) === 0) continue;
      taken[i] = ofTenant + 1;
      all++;
      claimed = true;
    }
  }
  expect(roomOf({ all, ofTenant: 0, ofAccount: 0 })).toBeGreaterThanOrEqual(
    Math.min(UNDER_WAY_PER_ACCOUNT_MAX, Math.floor(UNDER_WAY_MAX / (greedy + 1)) - 1),
  );
  expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(1);
});
