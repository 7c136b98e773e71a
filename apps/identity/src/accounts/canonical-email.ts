/** The one spelling under which an address is stored. Only ASCII: case of other letters depends on the locale, and the
 * database's CHECK must agree with us. */
export function canonicalEmail(email: string): string {
  return email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
