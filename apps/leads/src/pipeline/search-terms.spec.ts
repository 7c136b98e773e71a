import { searchTerms } from './search-terms.js';

describe('search terms', () => {
  it.each([
    ['Jane do', 'Jane:* & do:*'],
    ['jane.doe@acme.com', 'jane:* & doe:* & acme:* & com:*'],
    ["O'Neil  ", 'O:* & Neil:*'],
    ["a & ! | :* ' (b)", 'a:* & b:*'],
    ['!!', ''],
    ['1 2 3 4 5 6 7 8 9', '1:* & 2:* & 3:* & 4:* & 5:* & 6:* & 7:* & 8:*'],
  ])('of %p hold no operator of the query language', (q, words) => {
    expect(searchTerms(q).words).toBe(words);
  });
});
