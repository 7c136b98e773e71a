import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';

export const NOTE_LENGTH_MAX = 10_000;

export class AddLeadNote {
  @Uuid()
  leadId!: string;

  @Text({ min: 1, max: NOTE_LENGTH_MAX, pattern: /\S/ })
  content!: string;
}

export class ListLeadNotes extends PageRequest {
  @Uuid()
  leadId!: string;
}

export class LeadNoteRef {
  @Uuid()
  leadId!: string;

  @Uuid()
  noteId!: string;
}

export class UpdateLeadNote extends LeadNoteRef {
  @Text({ min: 1, max: NOTE_LENGTH_MAX, pattern: /\S/ })
  content!: string;
}

/** What somebody wrote about a lead. */
export class LeadNote {
  @Uuid()
  id!: string;

  @Uuid()
  leadId!: string;

  @Text({ max: NOTE_LENGTH_MAX })
  content!: string;

  @Uuid({ nullable: true })
  createdByUserId!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export interface LeadNotesApi {
  list(ctx: Ctx, input: ListLeadNotes): Promise<Page<LeadNote>>;
  add(ctx: Ctx, input: AddLeadNote): Promise<LeadNote>;
  update(ctx: Ctx, input: UpdateLeadNote): Promise<LeadNote>;
  remove(ctx: Ctx, input: LeadNoteRef): Promise<void>;
}
export const leadNotesApi = defineApi<LeadNotesApi>('leads.notes', {
  list: { input: ListLeadNotes, output: pageOf(LeadNote), can: 'leads.read', idempotent: true },
  add: { input: AddLeadNote, output: LeadNote, can: 'leads.write' },
  update: { input: UpdateLeadNote, output: LeadNote, can: 'leads.write' },
  remove: { input: LeadNoteRef, can: 'leads.write' },
});
