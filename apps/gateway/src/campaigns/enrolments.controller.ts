import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import {
  EnrolLeads,
  enrolmentsApi,
  ListActivities,
  ListEnrolments,
  type EnrolmentsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Who is in a campaign, and how far. */
@Controller('campaigns/:campaignId')
export class CampaignEnrolmentsController {
  constructor(@PassThrough(enrolmentsApi) private readonly enrolments: EnrolmentsApi) {}

  /** Enrols the leads that a filter means; a lead is enrolled once per campaign, however often one asks. */
  @Post('enrolments')
  @HttpCode(200)
  @Endpoint(enrolmentsApi.enrol, { summary: 'Enrol leads in a campaign' })
  enrol(@RequestCtx() ctx: Ctx, @Input() input: EnrolLeads) {
    return this.enrolments.enrol(ctx, input);
  }

  /** Who is in the campaign, and how far. */
  @Get('enrolments')
  @Endpoint(enrolmentsApi.list, { summary: "List a campaign's enrolments" })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListEnrolments) {
    return this.enrolments.list(ctx, input);
  }

  /** Every mail of the campaign, newest first. */
  @Get('activities')
  @Endpoint(enrolmentsApi.activities, { summary: "List a campaign's activities" })
  activities(@RequestCtx() ctx: Ctx, @Input() input: ListActivities) {
    return this.enrolments.activities(ctx, input);
  }
}
