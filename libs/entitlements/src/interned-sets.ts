/** Different sets of capabilities kept; past it the next ones get new identities, which costs callers one signature each. */
const SETS_MAX = 10_000;

const sets = new Map<string, ReadonlySet<string>>();

/** One set object per content for the life of the process, however many people share it. */
export function intern(sorted: readonly string[]): ReadonlySet<string> {
  const key = sorted.join(' ');
  const known = sets.get(key);
  if (known) return known;
  if (sets.size >= SETS_MAX) sets.clear();
  const made: ReadonlySet<string> = new Set(sorted);
  sets.set(key, made);
  return made;
}
