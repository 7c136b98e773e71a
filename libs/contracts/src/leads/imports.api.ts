import { defineErrors, type Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Int, JsonObject, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';

export const IMPORT_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

/** What happens to a lead that a row meets again: nothing, its empty fields are filled, or the row's values win. */
export const IMPORT_DEDUPE = ['skip', 'fill', 'overwrite'] as const;
export type ImportDedupe = (typeof IMPORT_DEDUPE)[number];

export const IMPORT_DELIMITERS = [',', ';', '\t', '|'] as const;
export const IMPORT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'iso-8859-1',
  'iso-8859-15',
  'windows-1250',
  'windows-1251',
  'koi8-r',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'gb18030',
  'big5',
] as const;

/** The upload itself has gone to object storage before this is asked; its key starts with the tenant. */
export class CreateLeadImport {
  @Text({
    max: 200,
    pattern: /^[0-9a-f-]{36}\/imports\/[0-9a-f-]{36}\.csv$/,
    description: 'Where the uploaded file is stored.',
  })
  objectKey!: string;

  @Text({ min: 1, max: 255, description: 'Name of the file on the client’s side, for showing.' })
  fileName!: string;

  @Int({ min: 0, description: 'Bytes.' })
  fileSize!: number;

  @JsonObject({
    optional: true,
    description:
      'Column name → lead field, `customFields.<name>` or `ignore`. Columns it does not name are guessed.',
    example: { 'E-Mail': 'email', Town: 'customFields.city' },
  })
  mapping?: Record<string, unknown>;

  @OneOf(IMPORT_DELIMITERS, { optional: true, description: 'Detected unless given.' })
  delimiter?: string;

  @OneOf(IMPORT_ENCODINGS, { optional: true, description: 'Detected unless given.' })
  encoding?: string;

  @OneOf(IMPORT_DEDUPE, {
    optional: true,
    description:
      'What a row does to a lead of the same e-mail, phone or LinkedIn address: nothing (`skip`), fill its empty fields (`fill`, unless told), or `overwrite` them.',
  })
  dedupe?: ImportDedupe;
}

export class LeadImportRef {
  @Uuid()
  importId!: string;
}

export class ListLeadImports extends PageRequest {
  @OneOf(IMPORT_STATUSES, { optional: true })
  status?: ImportStatus;
}

/** One import and how far it is; `rows` = `imported` + `updated` + `duplicates` + `rejected`, at any moment. */
export class LeadImport {
  @Uuid()
  id!: string;

  @OneOf(IMPORT_STATUSES)
  status!: ImportStatus;

  @Text({ max: 255 })
  fileName!: string;

  @Int({ description: 'Bytes.' })
  fileSize!: number;

  @Int({ description: 'Bytes of the file that are done: progress while it runs.' })
  bytesRead!: number;

  @OneOf(IMPORT_DEDUPE)
  dedupe!: ImportDedupe;

  @Text({ max: 20, nullable: true, description: 'As given or detected; null until the file was opened.' })
  encoding!: string | null;

  @Text({ max: 1, nullable: true, description: 'As given or detected; null until the file was opened.' })
  delimiter!: string | null;

  @JsonObject({
    nullable: true,
    maxBytes: 128 * 1024,
    description: 'What became of each column; null until the file was opened.',
  })
  mapping!: Record<string, unknown> | null;

  @Int({ description: 'Rows done so far.' })
  rows!: number;

  @Int({ description: 'Rows that became a new lead.' })
  imported!: number;

  @Int({ description: 'Rows that changed a lead that was already there.' })
  updated!: number;

  @Int({
    description: 'Rows whose lead was already there, or earlier in the file, and that changed nothing.',
  })
  duplicates!: number;

  @Int({ description: 'Rows that could not be taken; see the rejections.' })
  rejected!: number;

  @Text({ max: 100, nullable: true, description: 'Why the whole import failed, as an error code.' })
  failureCode!: string | null;

  @Text({ max: 500, nullable: true, description: 'Why the whole import failed, in words.' })
  failureReason!: string | null;

  @Uuid({ nullable: true })
  createdByUserId!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp({ nullable: true })
  startedAt!: string | null;

  @Timestamp({ nullable: true })
  finishedAt!: string | null;
}

/** Where the file of rejected rows is: CSV, the original columns after `line` and `reason`. */
export class LeadImportRejections {
  @Text({ max: 200 })
  objectKey!: string;

  @Text({ max: 300 })
  fileName!: string;
}

export interface LeadImportsApi {
  create(ctx: Ctx, input: CreateLeadImport): Promise<LeadImport>;
  get(ctx: Ctx, input: LeadImportRef): Promise<LeadImport>;
  list(ctx: Ctx, input: ListLeadImports): Promise<Page<LeadImport>>;
  cancel(ctx: Ctx, input: LeadImportRef): Promise<LeadImport>;
  rejections(ctx: Ctx, input: LeadImportRef): Promise<LeadImportRejections>;
}
export const leadImportsApi = defineApi<LeadImportsApi>('leads.imports', {
  create: { input: CreateLeadImport, output: LeadImport, can: 'leads.import' },
  get: { input: LeadImportRef, output: LeadImport, can: 'leads.read', idempotent: true },
  list: { input: ListLeadImports, output: pageOf(LeadImport), can: 'leads.read', idempotent: true },
  cancel: { input: LeadImportRef, output: LeadImport, can: 'leads.import' },
  rejections: { input: LeadImportRef, output: LeadImportRejections, can: 'leads.import', idempotent: true },
});

export const leadImportErrors = defineErrors('lead_import', {
  too_many_rows: {
    kind: 'unprocessable',
    text: 'The file has more rows than your team may import at once; those before the limit were taken.',
  },
  not_found: { kind: 'not_found', text: 'There is no such import.' },
  foreign_file: { kind: 'forbidden', text: 'This file belongs to somebody else.', log: 'warn' },
  no_file: { kind: 'invalid', text: 'Send the CSV file as the form part `file`.' },
  upload_incomplete: { kind: 'invalid', text: 'The upload broke off; nothing was stored.' },
  ended: { kind: 'conflict', text: 'This import has already ended.' },
  not_ended: { kind: 'conflict', text: 'This import is still running; its rejected rows come at its end.' },
  nothing_rejected: { kind: 'not_found', text: 'This import has rejected no rows.' },
  empty: { kind: 'unprocessable', text: 'The file is empty.' },
  no_header: { kind: 'unprocessable', text: 'The first line must name the columns; this one does not.' },
  no_key_column: {
    kind: 'unprocessable',
    text: 'No column holds an e-mail address, a phone number or a LinkedIn address; map one of them.',
  },
  unknown_column: { kind: 'unprocessable', text: 'The mapping names a column that the file does not have.' },
  unknown_field: { kind: 'unprocessable', text: 'The mapping names a field that leads do not have.' },
  twice: { kind: 'unprocessable', text: 'Two columns are mapped to the same field.' },
  file_gone: { kind: 'unprocessable', text: 'The uploaded file is no longer there; upload it again.' },
  broken: {
    kind: 'internal',
    text: 'The import failed on our side several times; what was stored before stays. Start it again.',
  },
});
