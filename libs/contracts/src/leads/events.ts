import { defineEvent } from '../define/event.js';
import { Bool, Email, Int, JsonObject, Text, Timestamp, Uuid, UuidList } from '../define/fields.js';

/** What others keep of a lead: enough to address it and fill a template, and no more. */
export class LeadSnapshot {
  @Text({ max: 100, nullable: true })
  firstName!: string | null;

  @Text({ max: 100, nullable: true })
  lastName!: string | null;

  @Email({ nullable: true })
  email!: string | null;

  @Text({ max: 40, nullable: true })
  phone!: string | null;

  @Text({ max: 200, nullable: true })
  companyName!: string | null;

  @Text({ max: 200, nullable: true })
  title!: string | null;

  @Text({ max: 500, nullable: true })
  linkedinUrl!: string | null;

  @JsonObject({ description: 'The tenant’s own fields of the lead.' })
  customFields!: Record<string, unknown>;
}

export class LeadCreatedData extends LeadSnapshot {
  @Text({ max: 60, description: 'manual, import, …' })
  source!: string;

  @Text({ max: 60 })
  stage!: string;

  @Text({ max: 60 })
  status!: string;
}
export const LeadCreated = defineEvent(
  'leads.lead.created',
  LeadCreatedData,
  'A lead was added by hand or through the API. Versioned.',
);

export class LeadUpdatedData extends LeadSnapshot {
  @Text({ max: 60 })
  stage!: string;

  @Text({ max: 60 })
  status!: string;

  @Uuid({ nullable: true })
  assignedUserId!: string | null;

  @Bool()
  isArchived!: boolean;
}
export const LeadUpdated = defineEvent(
  'leads.lead.updated',
  LeadUpdatedData,
  'A lead changed; carries all that others keep. Versioned.',
);

export class LeadDeletedData {
  @Timestamp()
  deletedAt!: string;
}
export const LeadDeleted = defineEvent(
  'leads.lead.deleted',
  LeadDeletedData,
  'A lead is gone; nobody may contact it any more. Versioned.',
);

export class LeadNoteAddedData {
  @Uuid()
  noteId!: string;
}
export const LeadNoteAdded = defineEvent(
  'leads.lead.note-added',
  LeadNoteAddedData,
  'Somebody wrote a note on a lead.',
);

export class ImportBatchStoredData {
  @UuidList({ items: 1000 })
  createdLeadIds!: string[];

  @UuidList({ items: 1000 })
  updatedLeadIds!: string[];
}
/** One event for a batch of rows instead of one for each: an import has no row limit, and nobody needs a million facts. */
export const ImportBatchStored = defineEvent(
  'leads.import.batch-stored',
  ImportBatchStoredData,
  'A batch of imported rows was committed. Aggregate: the import.',
);

export class ImportFinishedData {
  @Text({ max: 20 })
  status!: string;

  @Int()
  imported!: number;

  @Int()
  updated!: number;

  @Int()
  duplicates!: number;

  @Int()
  rejected!: number;
}
export const ImportFinished = defineEvent(
  'leads.import.finished',
  ImportFinishedData,
  'An import has ended, well or not.',
);
