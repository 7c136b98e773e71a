import { Controller, Get } from '@nestjs/common';
import { ListReservations, reservationsApi, type ReservationsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What is held of the wallet for work under way. */
@Controller('billing/reservations')
export class ReservationsController {
  constructor(@PassThrough(reservationsApi) private readonly reservations: ReservationsApi) {}

  /** Lists what is and was held of the wallet, newest first. */
  @Get()
  @Endpoint(reservationsApi.list, { summary: 'List reservations' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListReservations) {
    return this.reservations.list(ctx, input);
  }
}
