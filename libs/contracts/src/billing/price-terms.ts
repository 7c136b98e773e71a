import { DecimalText } from '../define/fields.js';

export const PRICE_CATEGORIES = [
  'email',
  'enrichment',
  'llm',
  'stt',
  'tts',
  'telephony',
  'vm_infrastructure',
] as const;
export type PriceCategory = (typeof PRICE_CATEGORIES)[number];

export const PRICE_UNITS = ['record', 'token', 'second', 'minute', 'character', 'message'] as const;
export type PriceUnit = (typeof PRICE_UNITS)[number];

/**
 * How a price makes a cost of a quantity:
 * `flat`: every unit costs the same;
 * `package`: units are sold in packages, each paid whole when its first unit is used;
 * `graduated`: each unit of the month costs what its own tier says;
 * `volume`: all units of the month cost what the tier says that the month has reached.
 */
export const PRICE_SCHEMES = ['flat', 'package', 'graduated', 'volume'] as const;
export type PriceScheme = (typeof PRICE_SCHEMES)[number];

/** Decimals of a quantity (6) times a unit price (10): what a cost has before it is rounded. */
export const EXACT_SCALE = 16;
export const PRICE_TIERS_MAX = 50;

/** A range of the units of a calendar month, from the end of the tier before it. */
export class PriceTier {
  @DecimalText({
    description: 'The last unit of the month that is in it; more than that of the tier before.',
  })
  upTo!: string;

  @DecimalText({ scale: 10, description: 'Of one unit in it.' })
  unitPrice!: string;
}
