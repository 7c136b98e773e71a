// What stands between words and is common in names, company names and addresses: the same as in the trigger `write_search`.
const BETWEEN_WORDS = /[!-/:-@[-`{-~¡«·»¿–—‘’‚“”„•…‹›™®©°\u00a0\u3000、。・（）\t\n\r]+/g;

type Named = Record<'firstName' | 'lastName' | 'companyName' | 'email', string | null>;

/** The words that a lead is found by, as the text of a `tsvector`; no character in it needs quotes. */
export function leadWords({ firstName, lastName, companyName, email }: Named): string {
  return `${firstName ?? ''} ${lastName ?? ''} ${companyName ?? ''} ${email ?? ''}`
    .toLowerCase()
    .replace(BETWEEN_WORDS, ' ');
}
