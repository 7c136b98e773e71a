/** Points; A4. */
export const PAGE = { width: 595.28, height: 841.89, margin: 50 };
export const LEFT = PAGE.margin;
export const RIGHT = PAGE.width - PAGE.margin;
export const WIDTH = RIGHT - LEFT;
/** Below it is the foot of the page. */
export const BOTTOM = PAGE.height - PAGE.margin - 24;

export const REGULAR = 'regular';
export const BOLD = 'bold';
export const BODY_SIZE = 9.5;

export const INK = '#111827';
/** 4.8 : 1 on white, above what WCAG asks of small text. */
export const MUTED = '#6b7280';
export const HAIRLINE = '#e5e7eb';
export const ACCENT = '#4f46e5';
