import { createRequire } from 'node:module';
import type { InvoiceCustomer, InvoiceSeller } from '@leadwire/contracts';
import { COLUMNS, drawLines } from './line-table.js';
import { ACCENT, BOLD, BODY_SIZE, INK, LEFT, MUTED, PAGE, REGULAR, RIGHT, WIDTH } from './look.js';
import { Page } from './page.js';
import type { Printed } from './printed.js';

const require = createRequire(import.meta.url);
const FONTS = {
  [REGULAR]: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  [BOLD]: require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
};
/** Read once for all documents: decoding their tables takes longer than drawing a page. */
let opened: Promise<Record<string, string>> | undefined;

/**
 * A document as PDF: tagged for screen readers, its text selectable, with all it needs inside. The same content gives the same bytes:
 * its dates are its own, and nothing of the machine or the moment gets into it.
 */
export async function renderPdf(printed: Printed): Promise<Buffer> {
  const { title, number, seller, date } = printed;
  // Fonts and compression come with it: nothing that a process needs to start.
  const { default: PDFDocument } = await import('pdfkit');
  const fonts = await (opened ??= openFonts());
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: PAGE.margin, bottom: PAGE.margin, left: PAGE.margin, right: PAGE.margin },
    pdfVersion: '1.7',
    // The types know the archiving subsets only.
    subset: 'PDF/UA' as PDFKit.PDFDocumentOptions['subset'],
    tagged: true,
    lang: 'en',
    displayTitle: true,
    bufferPages: true,
    font: fonts[REGULAR],
    info: {
      Title: `${title} ${number}`,
      Author: seller.name,
      Subject: `${title} ${number} of ${seller.name}`,
      Creator: 'Leadwire',
      Producer: 'Leadwire',
      CreationDate: date,
      ModDate: date,
    },
  });
  for (const [name, font] of Object.entries(fonts)) doc.registerFont(name, font);
  const written = collect(doc);
  const page = new Page(doc);
  drawHead(page, printed);
  drawParties(page, printed.seller, printed.customer);
  drawFacts(page, printed.facts);
  drawLines(page, printed.lines);
  drawTotals(page, printed.totals);
  drawNotes(page, printed.notes);
  page.end(`${seller.name} · ${title} ${number}`);
  return written;
}

// PDFKit takes fonts that are open, too, which its types do not know.
async function openFonts(): Promise<Record<string, string>> {
  const { openSync } = await import('fontkit');
  const open = Object.entries(FONTS).map(([name, file]) => [name, openSync(file) as unknown as string]);
  return Object.fromEntries(open) as Record<string, string>;
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}

function drawHead(page: Page, { title, number, seller }: Printed): void {
  page.artifact((doc) => doc.rect(0, 0, PAGE.width, 6).fill(ACCENT));
  page.text('P', seller.name, { x: LEFT, y: PAGE.margin, font: BOLD, size: 13, width: WIDTH / 2 });
  page.text('H1', title, {
    x: LEFT + WIDTH / 2,
    y: PAGE.margin - 6,
    font: BOLD,
    size: 22,
    align: 'right',
    width: WIDTH / 2,
  });
  page.text('P', number, {
    x: LEFT + WIDTH / 2,
    y: PAGE.margin + 22,
    color: MUTED,
    align: 'right',
    width: WIDTH / 2,
  });
  page.y = PAGE.margin + 62;
}

function drawParties(page: Page, seller: InvoiceSeller, customer: InvoiceCustomer): void {
  const top = page.y;
  const width = WIDTH / 2 - 20;
  const from = column(page, { label: 'From', lines: sellerLines(seller), x: LEFT, y: top, width });
  const to = column(page, {
    label: 'Bill to',
    lines: customerLines(customer),
    x: LEFT + WIDTH / 2,
    y: top,
    width,
  });
  page.y = Math.max(from, to) + 22;
}

type Column = { label: string; lines: string[]; x: number; y: number; width: number };

function column(page: Page, { label, lines, x, y, width }: Column): number {
  let below = page.text('H2', label, { x, y, width, color: MUTED, size: 8.5 }) + 4;
  lines.forEach((line, i) => {
    below = page.text('P', line, { x, y: below, width, font: i === 0 ? BOLD : REGULAR }) + 1.5;
  });
  return below;
}

function sellerLines({ name, address, vatId }: InvoiceSeller): string[] {
  return [name, ...address.split('\n').filter(Boolean), ...(vatId ? [`VAT id ${vatId}`] : [])];
}

function customerLines(customer: InvoiceCustomer): string[] {
  const { name, addressLine1, addressLine2, postalCode, city, region, country, vatId } = customer;
  const place = [postalCode, city].filter(Boolean).join(' ');
  return [name, addressLine1, addressLine2, place, region, country, vatId && `VAT id ${vatId}`].filter(
    (line): line is string => Boolean(line),
  );
}

function drawFacts(page: Page, facts: Printed['facts']): void {
  const top = page.y;
  const whole = facts.reduce((sum, { label, value }) => sum + Math.max(label.length, value.length), 0);
  let x = LEFT;
  let below = top;
  for (const { label, value } of facts) {
    const width = (WIDTH * Math.max(label.length, value.length)) / whole;
    const under = page.text('P', label, { x, y: top, width: width - 10, color: MUTED, size: 8.5 }) + 3;
    below = Math.max(below, page.text('P', value, { x, y: under, width: width - 10, font: BOLD, size: 9 }));
    x += width;
  }
  page.y = below + 24;
}

function drawTotals(page: Page, totals: Printed['totals']): void {
  page.needs(totals.length * 18 + 20);
  const x = COLUMNS.quantity.x - 40;
  page.y += 10;
  for (const { label, value, strong = false } of totals) {
    const { y } = page;
    if (strong) {
      const ground = { x: x - 8, y: y - 2, width: RIGHT - x + 16, height: 24 };
      page.artifact((doc) =>
        doc.roundedRect(ground.x, ground.y, ground.width, ground.height, 4).fill('#eef2ff'),
      );
    }
    const style = strong
      ? { font: BOLD, size: 11, color: INK }
      : { font: REGULAR, size: BODY_SIZE, color: INK };
    const inset = strong ? 4 : 0;
    page.text('P', `${label}\u00a0`, { x, y: y + inset, width: 150, ...style });
    page.text('P', value, {
      x: x + 150,
      y: y + inset,
      width: RIGHT - x - 150,
      align: 'right',
      ...style,
      tabular: true,
    });
    page.y = y + (strong ? 30 : 17);
  }
}

function drawNotes(page: Page, notes: string[]): void {
  page.y += 18;
  for (const note of notes) {
    const style = { x: LEFT, width: WIDTH, size: 8.5, color: MUTED };
    page.needs(page.heightOf(note, style) + 6);
    page.y = page.text('P', note, { ...style, y: page.y }) + 6;
  }
}
