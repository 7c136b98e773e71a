import { Controller, Get } from '@nestjs/common';
import { leadTimelineApi, ListLeadTimeline, type LeadTimelineApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Everything that happened to a lead, newest first. */
@Controller('leads/:leadId/timeline')
export class LeadTimelineController {
  constructor(@PassThrough(leadTimelineApi) private readonly timeline: LeadTimelineApi) {}

  /** Lists what happened to a lead, newest first. */
  @Get()
  @Endpoint(leadTimelineApi.list, { summary: 'List the timeline of a lead' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListLeadTimeline) {
    return this.timeline.list(ctx, input);
  }
}
