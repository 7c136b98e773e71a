/** An answer must fit one message of the bus (1 MiB), with room for escapes. */
const PAGE_BYTES_MAX = 512 * 1024;

/** How many of `rows`, at most `limit` and at least one, fit an answer together. */
export function fitting<R>(rows: readonly R[], limit: number, bytesOf: (row: R) => number): number {
  let bytes = 0;
  let count = 0;
  for (const row of rows) {
    bytes += bytesOf(row);
    if (count === limit || (count > 0 && bytes > PAGE_BYTES_MAX)) break;
    count++;
  }
  return Math.max(1, count);
}
