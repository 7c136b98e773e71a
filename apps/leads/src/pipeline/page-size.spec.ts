import { fitting } from './page-size.js';

describe('a page that must fit a message', () => {
  const bytes = (row: number) => row;

  it('has as many rows as asked for when they are small', () => {
    expect(fitting([1, 1, 1], 2, bytes)).toBe(2);
    expect(fitting([1], 2, bytes)).toBe(1);
  });

  it('ends early when its rows are large', () => {
    expect(fitting([300_000, 200_000, 200_000], 3, bytes)).toBe(2);
  });

  it('has at least one row, however large', () => {
    expect(fitting([900_000, 1], 2, bytes)).toBe(1);
  });
});
