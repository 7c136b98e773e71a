import { BODY_SIZE, BOLD, HAIRLINE, LEFT, MUTED, RIGHT, WIDTH } from './look.js';
import type { Page, Style } from './page.js';
import type { PrintedLine } from './printed.js';

const ROW_GAP = 7;

export const COLUMNS = {
  description: { label: 'Description', x: LEFT, width: WIDTH - 290, align: 'left' },
  quantity: { label: 'Quantity', x: RIGHT - 280, width: 80, align: 'right' },
  unitPrice: { label: 'Unit price', x: RIGHT - 190, width: 85, align: 'right' },
  amount: { label: 'Amount', x: RIGHT - 95, width: 95, align: 'right' },
} as const;
const NAMES = ['description', 'quantity', 'unitPrice', 'amount'] as const;

/** The lines as a table, whose head is repeated on each page. */
export function drawLines(page: Page, lines: PrintedLine[]): void {
  const table = page.begin('Table');
  drawTableHead(page, table);
  for (const line of lines) {
    // Numbers take one line; to lay each out twice would take most of the time.
    const height = page.heightOf(line.description, cellStyle('description'));
    if (page.needs(height + 2 * ROW_GAP)) drawTableHead(page, table);
    const row = page.begin('TR', table);
    for (const name of NAMES) {
      if (line[name] === '') page.begin('TD', row).end();
      else page.text('TD', line[name], { ...cellStyle(name), y: page.y + ROW_GAP }, row);
    }
    row.end();
    page.y += height + 2 * ROW_GAP;
    drawRule(page);
  }
  table.end();
}

function drawTableHead(page: Page, table: PDFKit.PDFStructureElement): void {
  const row = page.begin('TR', table);
  for (const name of NAMES) {
    const style = { ...cellStyle(name), y: page.y, size: 8.5, color: MUTED, font: BOLD };
    page.text('TH', COLUMNS[name].label, style, row);
  }
  row.end();
  page.y += 17;
  drawRule(page);
}

function drawRule(page: Page): void {
  const { y } = page;
  page.artifact((doc) => doc.moveTo(LEFT, y).lineTo(RIGHT, y).lineWidth(0.7).strokeColor(HAIRLINE).stroke());
}

function cellStyle(name: (typeof NAMES)[number]): Omit<Style, 'y'> {
  const { x, width, align } = COLUMNS[name];
  return { x, width, align, size: BODY_SIZE, tabular: align === 'right' };
}
