const WORDS_MAX = 8;

export type SearchTerms = {
  /** A `tsquery`: every word must begin a word of the lead. Empty finds nothing. */
  words: string;
  /** What a last name may resemble. */
  name: string;
};

/** What somebody typed into a search box, as the two questions that the index answers. */
export function searchTerms(q: string): SearchTerms {
  const words = q.split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
  return {
    words: words
      .slice(0, WORDS_MAX)
      .map((word) => `${word}:*`)
      .join(' & '),
    name: q.trim(),
  };
}
