import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  AssignLead,
  CreateLead,
  LeadRef,
  leadsApi,
  ListLeads,
  UpdateLead,
  type LeadsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The leads of the team. */
@Controller('leads')
export class LeadsController {
  constructor(@PassThrough(leadsApi) private readonly leads: LeadsApi) {}

  /** Lists leads: filtered, searched, sorted, page by page. */
  @Get()
  @Endpoint(leadsApi.list, { summary: 'List leads' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListLeads) {
    return this.leads.list(ctx, input);
  }

  /** Adds a lead. */
  @Post()
  @Endpoint(leadsApi.create, { summary: 'Add a lead' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateLead) {
    return this.leads.create(ctx, input);
  }

  /** Reads one lead. */
  @Get(':leadId')
  @Endpoint(leadsApi.get, { summary: 'Read a lead' })
  get(@RequestCtx() ctx: Ctx, @Input() input: LeadRef) {
    return this.leads.get(ctx, input);
  }

  /** Changes the given fields of a lead; with `version` only if nobody changed it since. */
  @Patch(':leadId')
  @Endpoint(leadsApi.update, { summary: 'Change a lead' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateLead) {
    return this.leads.update(ctx, input);
  }

  /** Deletes a lead. */
  @Delete(':leadId')
  @HttpCode(204)
  @Endpoint(leadsApi.remove, { summary: 'Delete a lead' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: LeadRef) {
    return this.leads.remove(ctx, input);
  }

  /** Gives a lead to a person, or to nobody. */
  @Post(':leadId/assign')
  @HttpCode(200)
  @Endpoint(leadsApi.assign, { summary: 'Assign a lead' })
  assign(@RequestCtx() ctx: Ctx, @Input() input: AssignLead) {
    return this.leads.assign(ctx, input);
  }

  /** Puts a lead away. */
  @Post(':leadId/archive')
  @HttpCode(200)
  @Endpoint(leadsApi.archive, { summary: 'Archive a lead' })
  archive(@RequestCtx() ctx: Ctx, @Input() input: LeadRef) {
    return this.leads.archive(ctx, input);
  }

  /** Takes an archived lead up again. */
  @Post(':leadId/unarchive')
  @HttpCode(200)
  @Endpoint(leadsApi.unarchive, { summary: 'Unarchive a lead' })
  unarchive(@RequestCtx() ctx: Ctx, @Input() input: LeadRef) {
    return this.leads.unarchive(ctx, input);
  }
}
