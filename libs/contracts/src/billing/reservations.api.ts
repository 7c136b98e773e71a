import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

export const RESERVATION_STATUSES = ['open', 'captured', 'released', 'expired'] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

/** The longest that money is held without being extended, in seconds: a month's campaign. */
export const RESERVATION_TTL_MAX_S = 31 * 24 * 60 * 60;
/** The most that one reservation adds to what it holds, in the wallet's currency. */
export const RESERVATION_MAX = '1000000';
const KEY_MAX = 200;
export const FEATURE_KEY_MAX = 60;

const KEY = {
  min: 1,
  max: KEY_MAX,
  description: 'The same key and input has the same answer, for ever; other input is refused.',
};
const UNIT_PRICE = {
  scale: 10,
  optional: true,
  description: 'What one unit or second costs; a refusal then says how many of them the rest still buys.',
};

export class Authorise {
  @Text(KEY)
  key!: string;

  @DecimalText({ description: `More than 0, at most ${RESERVATION_MAX}.` })
  amount!: string;

  @Int({
    min: 1,
    max: RESERVATION_TTL_MAX_S,
    description: 'Frees itself after so many seconds unless it is extended.',
  })
  ttlSeconds!: number;

  @Uuid({ optional: true, description: 'Draws from this reservation, a budget, instead of from the wallet.' })
  budgetId?: string;

  @Text({ min: 1, max: 200, optional: true, description: 'What for, e.g. the id of the call.' })
  purpose?: string;

  @DecimalText(UNIT_PRICE)
  unitPrice?: string;

  @Uuid({ optional: true, description: 'Who starts it, whose allowance it draws; the caller unless told.' })
  userId?: string;

  @Text({
    min: 1,
    max: FEATURE_KEY_MAX,
    optional: true,
    description: 'What its quantity counts for in the quotas, in the day and month in which it is made.',
  })
  feature?: string;

  @DecimalText({ optional: true, description: 'How much of the feature it may use.' })
  quantity?: string;
}

const EXTRA_QUANTITY = {
  optional: true,
  description: 'Counted in addition, for the feature of the reservation.',
};

export class ExtendReservation {
  @Text(KEY)
  key!: string;

  @Uuid()
  reservationId!: string;

  @DecimalText({ description: 'Held in addition; 0 to extend the time only.' })
  amount!: string;

  @Int({
    min: 1,
    max: RESERVATION_TTL_MAX_S,
    description: 'From now on; never shortens, and never outlives its budget.',
  })
  ttlSeconds!: number;

  @DecimalText(UNIT_PRICE)
  unitPrice?: string;

  @DecimalText(EXTRA_QUANTITY)
  quantity?: string;
}

export class CaptureReservation {
  @Text(KEY)
  key!: string;

  @Uuid()
  reservationId!: string;

  @DecimalText({ description: 'Debited; at most what is held.' })
  amount!: string;

  @Bool({ description: 'Gives back what is left and ends the reservation.' })
  close!: boolean;

  @DecimalText({
    optional: true,
    description: 'What was used of its feature in all, at the end; the rest is given back to the quotas.',
  })
  quantity?: string;
}

export class ReleaseReservation {
  @Text(KEY)
  key!: string;

  @Uuid()
  reservationId!: string;

  @DecimalText({ optional: true, description: 'Given back; without it all, which ends the reservation.' })
  amount?: string;
}

/** A reservation as the command left it; a repeated command answers what it answered the first time. */
export class ReservationMoved {
  @Uuid()
  reservationId!: string;

  @Uuid({ description: 'The posting.' })
  ledgerTransactionId!: string;

  @OneOf(RESERVATION_STATUSES)
  status!: ReservationStatus;

  @DecimalText({ description: 'What it holds.' })
  held!: string;

  @DecimalText({ description: 'What was debited from it so far.' })
  captured!: string;

  @Timestamp()
  expiresAt!: string;

  @DecimalText({ description: 'Balance of the wallet after it.' })
  balance!: string;

  @DecimalText({ description: 'What of the balance is held.' })
  reserved!: string;
}

export class ListReservations extends PageRequest {
  @OneOf(RESERVATION_STATUSES, { optional: true })
  status?: ReservationStatus;

  @Uuid({ optional: true, description: 'Only what was drawn from this budget.' })
  budgetId?: string;
}

export class Reservation {
  @Uuid()
  id!: string;

  @Uuid({ nullable: true, description: 'The budget it draws from; null when it holds money of the wallet.' })
  budgetId!: string | null;

  @OneOf(RESERVATION_STATUSES)
  status!: ReservationStatus;

  @DecimalText({ description: 'Held in all, extensions included.' })
  authorized!: string;

  @DecimalText()
  captured!: string;

  @DecimalText()
  released!: string;

  @DecimalText({ description: 'What of it is held by reservations that draw from it.' })
  allotted!: string;

  @DecimalText({ description: 'What is left of it: authorised without what was captured and released.' })
  held!: string;

  @Text({ max: 200, nullable: true })
  purpose!: string | null;

  @Text({ max: FEATURE_KEY_MAX, nullable: true, description: 'Whose quotas it counts in.' })
  feature!: string | null;

  @DecimalText({ nullable: true, description: 'What it counts for in them.' })
  quantity!: string | null;

  @Uuid({ nullable: true })
  createdBy!: string | null;

  @Timestamp({ description: 'Frees itself then.' })
  expiresAt!: string;

  @Timestamp({ nullable: true })
  endedAt!: string | null;

  @Timestamp()
  createdAt!: string;
}

export interface ReservationsApi {
  /**
   * Holds money of the wallet, or of a budget, for something that starts now.
   * @throws AppError `reservation.insufficient` | `reservation.allowance` | `quota.used_up` | `quota.disabled` | `reservation.not_found` | `reservation.ended` | `reservation.expired` |
   *   `reservation.key_reused` | `wallet.frozen` | `request.invalid`
   */
  authorise(ctx: Ctx, input: Authorise): Promise<ReservationMoved>;
  /** Holds more, for longer. @throws AppError as {@link authorise} */
  extend(ctx: Ctx, input: ExtendReservation): Promise<ReservationMoved>;
  /** Debits a part or all of what is held. @throws AppError as {@link authorise}, `reservation.exceeded` | `reservation.in_use` */
  capture(ctx: Ctx, input: CaptureReservation): Promise<ReservationMoved>;
  /** Gives back a part or all of what is held. @throws AppError as {@link capture} */
  release(ctx: Ctx, input: ReleaseReservation): Promise<ReservationMoved>;
  /** What is and was held, newest first. */
  list(ctx: Ctx, input: ListReservations): Promise<Page<Reservation>>;
}
export const reservationsApi = defineApi<ReservationsApi>('billing.reservations', {
  authorise: { input: Authorise, output: ReservationMoved, can: 'billing.reserve', idempotent: true },
  extend: { input: ExtendReservation, output: ReservationMoved, can: 'billing.reserve', idempotent: true },
  capture: { input: CaptureReservation, output: ReservationMoved, can: 'billing.reserve', idempotent: true },
  release: { input: ReleaseReservation, output: ReservationMoved, can: 'billing.reserve', idempotent: true },
  list: { input: ListReservations, output: pageOf(Reservation), can: 'billing.read', idempotent: true },
});
