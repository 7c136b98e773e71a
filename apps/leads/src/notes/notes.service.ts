import { Inject } from '@nestjs/common';
import {
  leadErrors,
  LeadNoteAdded,
  leadNoteErrors,
  leadNotesApi,
  type AddLeadNote,
  type LeadNote,
  type LeadNoteRef,
  type LeadNotesApi,
  type ListLeadNotes,
  type Page,
  type UpdateLeadNote,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { fitting } from '../pipeline/page-size.js';
import { recordEntries } from '../timeline/timeline.queries.js';
import { LeadNoteEntity } from './note.entity.js';
import { DELETE_NOTE, IS_LEAD_THERE, LIST_NOTES, TOUCH_LEAD, UPDATE_NOTE } from './notes.queries.js';

type NoteRow = Omit<LeadNoteEntity, 'tenantId'>;

/** What a team writes about its leads. */
@Serves(leadNotesApi)
export class NotesService implements LeadNotesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Newest first. @throws AppError `lead.not_found` */
  async list(ctx: Ctx, input: ListLeadNotes): Promise<Page<LeadNote>> {
    const { after, limit } = this.cursors.read(ctx, leadNotesApi.name, input);
    const [rows, [lead]] = await Promise.all([
      this.tenant.read<NoteRow>(ctx, LIST_NOTES, [ctx.tenantId, input.leadId, limit + 1, after?.[0] ?? null]),
      this.tenant.read<{ there: boolean }>(ctx, IS_LEAD_THERE, [ctx.tenantId, input.leadId]),
    ]);
    if (!lead?.there) throw leadErrors.not_found();
    const page = { ...input, limit: fitting(rows, limit, ({ content }) => Buffer.byteLength(content)) };
    return this.cursors.page(ctx, leadNotesApi.name, page, rows, ({ id }) => [id], toNote);
  }

  /** @throws AppError `lead.not_found` */
  add(ctx: Ctx, { leadId, content }: AddLeadNote): Promise<LeadNote> {
    return this.tenant.run(ctx, async (db) => {
      const now = this.clock.now();
      if ((await db.execute(TOUCH_LEAD, [db.tenantId, leadId, now])) === 0) throw leadErrors.not_found();
      const note = await db.insert(LeadNoteEntity, {
        leadId,
        content,
        createdByUserId: ctx.userId,
        createdAt: now,
        updatedAt: now,
      });
      await recordEntries(db, leadId, now, [{ kind: 'note-added', data: { noteId: note.id } }]);
      db.emit(LeadNoteAdded, leadId, { noteId: note.id });
      return toNote(note);
    });
  }

  /** @throws AppError `lead_note.not_found` */
  update(ctx: Ctx, { leadId, noteId, content }: UpdateLeadNote): Promise<LeadNote> {
    return this.tenant.run(ctx, async (db) => {
      const [note] = await db.query<NoteRow>(UPDATE_NOTE, [db.tenantId, leadId, noteId, content]);
      if (!note) throw leadNoteErrors.not_found();
      return toNote(note);
    });
  }

  /** @throws AppError `lead_note.not_found` */
  remove(ctx: Ctx, { leadId, noteId }: LeadNoteRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      if ((await db.execute(DELETE_NOTE, [db.tenantId, leadId, noteId])) === 0)
        throw leadNoteErrors.not_found();
    });
  }
}

function toNote({ id, leadId, content, createdByUserId, createdAt, updatedAt }: NoteRow): LeadNote {
  return {
    id,
    leadId,
    content,
    createdByUserId,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
