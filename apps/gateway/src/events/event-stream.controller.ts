import { Controller, Get, Headers, Inject, Req, Res } from '@nestjs/common';
import { Nothing, type ApiMethod } from '@leadwire/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { sessionOf } from '../auth/session.js';
import { EventStream } from './event-stream.js';

/** Served by the gateway itself, so it is no method of a service; it needs a right like every other. */
const streamEvents: ApiMethod = {
  service: 'gateway',
  api: 'gateway.events',
  name: 'stream',
  subject: '',
  input: Nothing,
  output: undefined,
  can: 'events.stream',
  idempotent: true,
};

/** The team's events as they happen (Server-Sent Events), resumable. */
@Controller('events')
export class EventStreamController {
  constructor(@Inject(EventStream) private readonly events: EventStream) {}

  /** Server-sent events of the caller's tenant; goes on after `Last-Event-ID`, ends with `reauth` when the token does. */
  @Get('stream')
  @Endpoint(streamEvents, {
    summary: 'Follow what happens, as server-sent events',
    produces: 'text/event-stream',
  })
  async stream(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Promise<void> {
    const { stream } = await this.events.open({ session: sessionOf(request), lastEventId });
    void reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      // Proxies that buffer would hold events back.
      .header('x-accel-buffering', 'no')
      .send(stream);
  }
}
