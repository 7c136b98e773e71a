import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  CreateLeadStatus,
  LeadStatusRef,
  leadStatusesApi,
  Nothing,
  UpdateLeadStatus,
  type LeadStatusesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The states that a lead may be in. */
@Controller('lead-statuses')
export class LeadStatusesController {
  constructor(@PassThrough(leadStatusesApi) private readonly statuses: LeadStatusesApi) {}

  /** Lists all statuses in their order. */
  @Get()
  @Endpoint(leadStatusesApi.list, { summary: 'List lead statuses' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.statuses.list(ctx, input);
  }

  /** Adds a status. */
  @Post()
  @Endpoint(leadStatusesApi.create, { summary: 'Add a lead status' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateLeadStatus) {
    return this.statuses.create(ctx, input);
  }

  /** Changes or moves a status. */
  @Patch(':statusId')
  @Endpoint(leadStatusesApi.update, { summary: 'Change a lead status' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateLeadStatus) {
    return this.statuses.update(ctx, input);
  }

  /** Removes a status that no lead has. */
  @Delete(':statusId')
  @HttpCode(204)
  @Endpoint(leadStatusesApi.remove, { summary: 'Remove a lead status' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: LeadStatusRef) {
    return this.statuses.remove(ctx, input);
  }
}
