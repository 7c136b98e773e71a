import { BODY_SIZE, BOTTOM, INK, LEFT, MUTED, PAGE, REGULAR, WIDTH } from './look.js';

export type Style = {
  x: number;
  y: number;
  width: number;
  font?: string;
  size?: number;
  color?: string;
  align?: 'left' | 'right';
  /** Digits of one width, so that columns of numbers stand one below the other. */
  tabular?: boolean;
};

type Element = PDFKit.PDFStructureElement;

/** Draws a document from top to bottom, and keeps its structure for those who do not see it. */
export class Page {
  /** Where the next thing goes. */
  y = PAGE.margin;
  private readonly root: Element;

  constructor(private readonly doc: PDFKit.PDFDocument) {
    this.root = doc.struct('Document');
    doc.addStructure(this.root);
  }

  /** Writes a text as an element of the document, or of another element. @returns where it ends */
  text(tag: string, text: string, style: Style, parent: Element = this.root): number {
    const { doc } = this;
    let end = style.y;
    parent.add(
      doc.struct(tag, {}, () => {
        this.choose(style);
        doc.fillColor(style.color ?? INK).text(text, style.x, style.y, this.options(style));
        end = doc.y;
      }),
    );
    return end;
  }

  heightOf(text: string, style: Omit<Style, 'y'>): number {
    this.choose(style);
    return this.doc.heightOfString(text, this.options(style));
  }

  /** Draws what means nothing to those who do not see it. */
  artifact(draw: (doc: PDFKit.PDFDocument) => unknown): void {
    this.doc.markContent('Artifact', { type: 'Layout' });
    draw(this.doc);
    this.doc.endMarkedContent();
  }

  /** Begins a part that has parts of its own, such as a table or its row. */
  begin(tag: string, parent: Element = this.root): Element {
    const element = this.doc.struct(tag);
    parent.add(element);
    return element;
  }

  /** Turns the page unless so much still fits. @returns whether it was turned */
  needs(height: number): boolean {
    if (this.y + height <= BOTTOM) return false;
    this.doc.addPage();
    this.y = PAGE.margin;
    return true;
  }

  /** Numbers the pages and ends the document. */
  end(foot: string): void {
    this.root.end();
    const { doc } = this;
    const { count } = doc.bufferedPageRange();
    for (let i = 0; i < count; i++) {
      doc.switchToPage(i);
      doc.markContent('Artifact', { type: 'Pagination' });
      // The foot stands in the margin, where text would otherwise turn the page.
      doc.page.margins.bottom = 0;
      const y = PAGE.height - PAGE.margin;
      doc.font(REGULAR).fontSize(8).fillColor(MUTED);
      doc.text(foot, LEFT, y, { width: WIDTH - 80, lineBreak: false });
      doc.text(`Page ${i + 1} of ${count}`, LEFT, y, { width: WIDTH, align: 'right' });
      doc.endMarkedContent();
    }
    doc.end();
  }

  private choose({ font = REGULAR, size = BODY_SIZE }: Pick<Style, 'font' | 'size'>): void {
    this.doc.font(font).fontSize(size);
  }

  private options({ width, align = 'left', tabular = false }: Omit<Style, 'y'>): PDFKit.Mixins.TextOptions {
    return { width, align, lineGap: 1, ...(tabular ? { features: ['tnum'] } : {}) };
  }
}
