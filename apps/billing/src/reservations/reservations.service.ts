import { Inject } from '@nestjs/common';
import {
  RESERVATION_MAX,
  reservationErrors,
  reservationsApi,
  walletErrors,
  type Authorise,
  type CaptureReservation,
  type ExtendReservation,
  type ListReservations,
  type Page,
  type ReleaseReservation,
  type Reservation,
  type ReservationMoved,
  type ReservationsApi,
  type ReservationStatus,
} from '@leadwire/contracts';
import { amount, assert, requestErrors, type Amount, type AppError, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import type { Answer, Command, Counted, ReservationState } from '../ledger/command.js';
import { PostingQueue } from '../ledger/posting-queue.js';
import { listReservations, type ReservationRow } from './reservations.queries.js';
import { affordableUnits } from './affordable-units.js';
import { quotaRefused } from '../quotas/refusal.js';

const LIST = 'reservations';
const MS = 1_000;

/** Holds money for what is under way: whoever starts something that costs asks first, and pays for what it really used. */
@Serves(reservationsApi)
export class ReservationsService implements ReservationsApi {
  constructor(
    @Inject(PostingQueue) private readonly queue: PostingQueue,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  authorise(ctx: Ctx, input: Authorise): Promise<ReservationMoved> {
    const { budgetId, purpose, userId = ctx.userId } = input;
    return this.move(
      ctx,
      {
        kind: 'reserve',
        ...common({ userId }, input.key),
        amount: amountBetween(input.amount, { zero: false }),
        ttlMs: input.ttlSeconds * MS,
        ...(budgetId === undefined ? {} : { parentId: budgetId }),
        ...(purpose === undefined ? {} : { description: purpose }),
        ...countedFor(input),
      },
      input.unitPrice,
    );
  }

  extend(ctx: Ctx, input: ExtendReservation): Promise<ReservationMoved> {
    return this.move(
      ctx,
      {
        kind: 'extend',
        ...common(ctx, input.key),
        amount: amountBetween(input.amount, { zero: true }),
        ttlMs: input.ttlSeconds * MS,
        reservationId: input.reservationId,
        ...quantityOf(input),
      },
      input.unitPrice,
    );
  }

  capture(ctx: Ctx, input: CaptureReservation): Promise<ReservationMoved> {
    const { reservationId, close } = input;
    const value = amountBetween(input.amount, { zero: close });
    return this.move(ctx, {
      kind: 'capture',
      ...common(ctx, input.key),
      amount: value,
      reservationId,
      close,
      ...quantityOf(input),
    });
  }

  release(ctx: Ctx, input: ReleaseReservation): Promise<ReservationMoved> {
    const { reservationId } = input;
    const part = input.amount === undefined ? {} : { amount: amountBetween(input.amount, { zero: false }) };
    return this.move(ctx, { kind: 'release', ...common(ctx, input.key), reservationId, ...part });
  }

  async list(ctx: Ctx, input: ListReservations): Promise<Page<Reservation>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const { sql, filters } = listReservations(input);
    const params = [ctx.tenantId, limit + 1, after?.[0] ?? null, ...filters];
    const rows = await this.tenant.read<ReservationRow>(ctx, sql, params);
    return this.cursors.page(ctx, LIST, input, rows, ({ id }) => [id], toReservation);
  }

  private async move(ctx: Ctx, command: Command, unitPrice?: string): Promise<ReservationMoved> {
    const answer = await this.queue.submit(ctx, command);
    const { outcome, ledgerId, balance, reserved, state } = answer;
    if (outcome !== 'posted' && outcome !== 'duplicate') throw refusal(answer, unitPrice);
    assert(ledgerId && balance && reserved && state?.reservationId, 'what was posted has a posting');
    const { reservationId, status, held, captured, expiresAt } = state as ReservationState;
    return {
      reservationId,
      ledgerTransactionId: ledgerId,
      status: status as ReservationStatus,
      held,
      captured,
      expiresAt: new Date(expiresAt).toISOString(),
      balance,
      reserved,
    };
  }
}

// Callers choose their keys freely: theirs never meet those of top-ups or usage.
function common({ userId }: Pick<Ctx, 'userId'>, key: string): { key: string; createdBy: string | null } {
  return { key: `hold:${key}`, createdBy: userId };
}

/** @throws AppError `request.invalid` */
function countedFor({ feature, quantity }: Authorise): { counts?: Counted } {
  if (feature === undefined && quantity === undefined) return {};
  if (feature !== undefined && quantity !== undefined) return { counts: { feature, quantity } };
  const [pointer, detail] =
    feature === undefined
      ? ['/feature', 'is needed with a quantity']
      : ['/quantity', 'is needed with a feature'];
  throw requestErrors.invalid({ errors: [{ pointer, code: 'required', detail }] });
}

function quantityOf({ quantity }: { quantity?: string }): { quantity?: string } {
  return quantity === undefined ? {} : { quantity };
}

/** @throws AppError `request.invalid` */
function amountBetween(text: string, { zero }: { zero: boolean }): Amount {
  const value = amount(text);
  if ((zero ? value.gte(0) : value.gt(0)) && value.lte(RESERVATION_MAX)) return value;
  const detail = `must be ${zero ? 'at least' : 'more than'} 0 and at most ${RESERVATION_MAX}`;
  throw requestErrors.invalid({ errors: [{ pointer: '/amount', code: 'range', detail }] });
}

function refusal({ outcome, available, state }: Answer, unitPrice: string | undefined): AppError {
  switch (outcome) {
    case 'insufficient':
      return reservationErrors.insufficient({ extras: rest(available, unitPrice) });
    case 'allowance':
      return reservationErrors.allowance({ extras: rest(available, unitPrice) });
    case 'quota':
      return quotaRefused(state);
    case 'exceeded':
      return reservationErrors.exceeded({ extras: { held: available } });
    case 'not_found':
      return reservationErrors.not_found();
    case 'expired':
      return reservationErrors.expired();
    case 'in_use':
      return reservationErrors.in_use();
    case 'conflict':
      return reservationErrors.key_reused();
    case 'frozen':
      return walletErrors.frozen();
    case 'ended':
    case 'limit':
    case 'pending':
    case 'failed':
    case 'rated':
    case 'voided':
    case 'closed':
    case 'awaits_quota':
    case 'posted':
    case 'duplicate':
      return reservationErrors.ended({ internal: outcome });
  }
}

/** What is left, and how many units it still buys where the caller said what one costs. */
function rest(
  available: string | null,
  unitPrice: string | undefined,
): { available: string | null; units?: number | null } {
  if (unitPrice === undefined || available === null) return { available };
  return { available, units: affordableUnits(available, unitPrice) };
}

function toReservation(row: ReservationRow): Reservation {
  return {
    ...row,
    expiresAt: row.expiresAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  } as Reservation;
}
