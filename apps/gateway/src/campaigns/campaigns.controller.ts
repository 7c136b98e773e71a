import { Controller, Delete, Get, HttpCode, Patch, Post, Put } from '@nestjs/common';
import {
  CampaignRef,
  campaignsApi,
  CreateCampaign,
  ListCampaigns,
  ReplaceCampaignSteps,
  UpdateCampaign,
  type CampaignsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Sequences of steps: written, checked, launched, paused, resumed. */
@Controller('campaigns')
export class CampaignsController {
  constructor(@PassThrough(campaignsApi) private readonly campaigns: CampaignsApi) {}

  /** Starts a draft. */
  @Post()
  @Endpoint(campaignsApi.create, { summary: 'Create a campaign' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateCampaign) {
    return this.campaigns.create(ctx, input);
  }

  /** The tenant's campaigns, newest first. */
  @Get()
  @Endpoint(campaignsApi.list, { summary: 'List campaigns' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListCampaigns) {
    return this.campaigns.list(ctx, input);
  }

  /** One campaign with its steps. */
  @Get(':campaignId')
  @Endpoint(campaignsApi.get, { summary: 'Read a campaign' })
  get(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.get(ctx, input);
  }

  /** Changes a campaign; account and start only while it is a draft. */
  @Patch(':campaignId')
  @Endpoint(campaignsApi.update, { summary: 'Change a campaign' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateCampaign) {
    return this.campaigns.update(ctx, input);
  }

  /** Removes a campaign that is not running. */
  @Delete(':campaignId')
  @HttpCode(204)
  @Endpoint(campaignsApi.remove, { summary: 'Remove a campaign' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.remove(ctx, input);
  }

  /** Replaces all steps of a draft. */
  @Put(':campaignId/steps')
  @Endpoint(campaignsApi.replaceSteps, { summary: "Replace a draft's steps" })
  replaceSteps(@RequestCtx() ctx: Ctx, @Input() input: ReplaceCampaignSteps) {
    return this.campaigns.replaceSteps(ctx, input);
  }

  /** What keeps the campaign from starting, and what one should know before. */
  @Get(':campaignId/check')
  @Endpoint(campaignsApi.check, { summary: 'Check whether a campaign can be launched' })
  check(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.check(ctx, input);
  }

  /** Starts sending to everybody enrolled. */
  @Post(':campaignId/launch')
  @HttpCode(200)
  @Endpoint(campaignsApi.launch, { summary: 'Launch a campaign' })
  launch(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.launch(ctx, input);
  }

  /** Stops sending until it is resumed; a mail that is on its way still arrives. */
  @Post(':campaignId/pause')
  @HttpCode(200)
  @Endpoint(campaignsApi.pause, { summary: 'Pause a campaign' })
  pause(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.pause(ctx, input);
  }

  /** Goes on where it was paused. */
  @Post(':campaignId/resume')
  @HttpCode(200)
  @Endpoint(campaignsApi.resume, { summary: 'Resume a campaign' })
  resume(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.resume(ctx, input);
  }

  /** How far its leads are and what was sent. */
  @Get(':campaignId/stats')
  @Endpoint(campaignsApi.stats, { summary: "Read a campaign's figures" })
  stats(@RequestCtx() ctx: Ctx, @Input() input: CampaignRef) {
    return this.campaigns.stats(ctx, input);
  }
}
