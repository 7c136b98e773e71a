/** The first line of every generated page, so that nobody edits it by hand. */
export const GENERATED = '<!-- Written by `npm run docs` from the code; change the code instead. -->';

/** A Markdown table; cells are escaped. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
