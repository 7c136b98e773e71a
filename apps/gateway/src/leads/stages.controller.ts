import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  CreateLeadStage,
  LeadStageRef,
  leadStagesApi,
  Nothing,
  UpdateLeadStage,
  type LeadStagesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The steps of the team's pipeline. */
@Controller('lead-stages')
export class LeadStagesController {
  constructor(@PassThrough(leadStagesApi) private readonly stages: LeadStagesApi) {}

  /** Lists all stages in their order. */
  @Get()
  @Endpoint(leadStagesApi.list, { summary: 'List lead stages' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.stages.list(ctx, input);
  }

  /** Adds a stage. */
  @Post()
  @Endpoint(leadStagesApi.create, { summary: 'Add a lead stage' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateLeadStage) {
    return this.stages.create(ctx, input);
  }

  /** Changes or moves a stage. */
  @Patch(':stageId')
  @Endpoint(leadStagesApi.update, { summary: 'Change a lead stage' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateLeadStage) {
    return this.stages.update(ctx, input);
  }

  /** Removes a stage that no lead has. */
  @Delete(':stageId')
  @HttpCode(204)
  @Endpoint(leadStagesApi.remove, { summary: 'Remove a lead stage' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: LeadStageRef) {
    return this.stages.remove(ctx, input);
  }
}
