const LINK = /\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.|mailto:|javascript:|data:)\S+/giu;
/** A dot inside a word: mail programs make links of `example.com` by themselves. */
const INNER_DOT = /(?<=[\p{L}\p{N}_-])\.(?=\p{L})/gu;
/** Invisible, and no part of any address (U+2060, word joiner). */
const WORD_JOINER = '\u2060';
// Everything that can hide, turn around or break lines in what a reader sees, but for line breaks themselves.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What a stranger wrote, fit to stand in a mail of ours: nothing in it can be clicked, nothing is hidden. */
export function withoutLinks(text: string): string {
  return text
    .replaceAll(INVISIBLE, (character) => (character === '\n' ? character : ''))
    .replaceAll(LINK, '[link removed]')
    .replaceAll(INNER_DOT, `.${WORD_JOINER}`);
}

/** The same for a name, which has one line. */
export function harmlessName(name: string): string {
  return withoutLinks(name.replaceAll(/\s+/g, ' '));
}
