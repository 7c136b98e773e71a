import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  AddLeadNote,
  LeadNoteRef,
  leadNotesApi,
  ListLeadNotes,
  UpdateLeadNote,
  type LeadNotesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Notes on a lead. */
@Controller('leads/:leadId/notes')
export class LeadNotesController {
  constructor(@PassThrough(leadNotesApi) private readonly notes: LeadNotesApi) {}

  /** Lists the notes on a lead, newest first. */
  @Get()
  @Endpoint(leadNotesApi.list, { summary: 'List the notes on a lead' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListLeadNotes) {
    return this.notes.list(ctx, input);
  }

  /** Adds a note to a lead. */
  @Post()
  @Endpoint(leadNotesApi.add, { summary: 'Add a note to a lead' })
  add(@RequestCtx() ctx: Ctx, @Input() input: AddLeadNote) {
    return this.notes.add(ctx, input);
  }

  /** Rewrites a note. */
  @Patch(':noteId')
  @Endpoint(leadNotesApi.update, { summary: 'Change a note' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateLeadNote) {
    return this.notes.update(ctx, input);
  }

  /** Deletes a note. */
  @Delete(':noteId')
  @HttpCode(204)
  @Endpoint(leadNotesApi.remove, { summary: 'Delete a note' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: LeadNoteRef) {
    return this.notes.remove(ctx, input);
  }
}
