import { Inject } from '@nestjs/common';
import {
  leadImportErrors,
  leadImportsApi,
  type CreateLeadImport,
  type ImportDedupe,
  type ImportStatus,
  type LeadImport,
  type LeadImportRef,
  type LeadImportRejections,
  type LeadImportsApi,
  type ListLeadImports,
  type Page,
} from '@leadwire/contracts';
import { isUuid, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { ObjectStorage } from '@leadwire/platform';
import { announceEnd, type Ended } from './import-end.js';
import { ImportWorker } from './import-worker.js';
import { CANCEL, FORGET_MET_LEADS, GET, INSERT, LIST, SHARE_HOLDS } from './imports.queries.js';

type ImportRow = {
  id: string;
  status: ImportStatus;
  fileName: string;
  fileSize: string;
  bytesRead: string;
  dedupe: ImportDedupe;
  encoding: string | null;
  delimiter: string | null;
  mapping: Record<string, string> | null;
  imported: string;
  updated: string;
  duplicates: string;
  rejected: string;
  rejectionsKey: string | null;
  failureCode: string | null;
  failureReason: string | null;
  createdByUserId: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

const DEDUPE_DEFAULT: ImportDedupe = 'fill';
const MAPPING_NAME_MAX = 200;

/** Imports of lead files: starting, watching and stopping them. The work itself is the {@link ImportWorker}'s. */
@Serves(leadImportsApi)
export class LeadImportsService implements LeadImportsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(ImportWorker) private readonly worker: ImportWorker,
  ) {}

  /**
   * Queues an import of an uploaded file; it bears the id that the file is stored under.
   * @throws AppError `lead_import.foreign_file`
   */
  async create(ctx: Ctx, input: CreateLeadImport): Promise<LeadImport> {
    const importId = uploadIdOf(ctx, input.objectKey);
    const mapping = givenMapping(input.mapping);
    const created = await this.tenant.run(ctx, async (db) => {
      const { objectKey, fileName, fileSize, encoding, delimiter, dedupe } = input;
      await db.query(SHARE_HOLDS, [ctx.tenantId]);
      const [row] = await db.query<ImportRow>(INSERT, [
        importId,
        ctx.tenantId,
        ctx.userId,
        fileName,
        fileSize,
        objectKey,
        dedupe ?? DEDUPE_DEFAULT,
        encoding ?? null,
        delimiter ?? null,
        JSON.stringify(mapping),
      ]);
      return toImport(row as ImportRow);
    });
    this.worker.nudge();
    return created;
  }

  /** @throws AppError `lead_import.not_found` */
  async get(ctx: Ctx, { importId }: LeadImportRef): Promise<LeadImport> {
    return toImport(await this.require(ctx, importId));
  }

  /** Newest first. */
  async list(ctx: Ctx, input: ListLeadImports): Promise<Page<LeadImport>> {
    const { after, limit } = this.cursors.read(ctx, 'lead-imports', input);
    const rows = await this.tenant.read<ImportRow>(ctx, LIST, [
      ctx.tenantId,
      input.status ?? null,
      after?.[0] ?? null,
      limit + 1,
    ]);
    return this.cursors.page(ctx, 'lead-imports', input, rows, (row) => [row.id], toImport);
  }

  /**
   * Stops an import; what it has stored so far stays.
   * @throws AppError `lead_import.not_found` | `lead_import.ended`
   */
  async cancel(ctx: Ctx, { importId }: LeadImportRef): Promise<LeadImport> {
    let objectKey = '';
    const cancelled = await this.tenant.run(ctx, async (db) => {
      const [ended] = await db.query<Ended>(CANCEL, [ctx.tenantId, importId]);
      const [current] = await db.query<ImportRow>(GET, [ctx.tenantId, importId]);
      if (!current) throw leadImportErrors.not_found();
      if (!ended) throw leadImportErrors.ended();
      await db.execute(FORGET_MET_LEADS, [ctx.tenantId, importId]);
      announceEnd(db, importId, 'cancelled', ended);
      objectKey = ended.objectKey;
      return toImport(current);
    });
    await this.storage.remove(objectKey);
    return cancelled;
  }

  /**
   * Where the rejected rows are.
   * @throws AppError `lead_import.not_found` | `lead_import.not_ended` | `lead_import.nothing_rejected`
   */
  async rejections(ctx: Ctx, { importId }: LeadImportRef): Promise<LeadImportRejections> {
    const row = await this.require(ctx, importId);
    if (row.status === 'queued' || row.status === 'running') throw leadImportErrors.not_ended();
    if (!row.rejectionsKey) throw leadImportErrors.nothing_rejected();
    return {
      objectKey: row.rejectionsKey,
      fileName: `${row.fileName.replace(/\.[a-z]{1,4}$/i, '')}.rejected.csv`,
    };
  }

  private async require(ctx: Ctx, importId: string): Promise<ImportRow> {
    const [row] = await this.tenant.read<ImportRow>(ctx, GET, [ctx.tenantId, importId], 'lead-imports-get');
    if (!row) throw leadImportErrors.not_found();
    return row;
  }
}

function uploadIdOf(ctx: Ctx, objectKey: string): string {
  const [tenantId, , name = ''] = objectKey.split('/');
  const id = name.replace(/\.csv$/, '');
  if (tenantId !== ctx.tenantId || !isUuid(id)) throw leadImportErrors.foreign_file({ internal: objectKey });
  return id;
}

function givenMapping(mapping: Record<string, unknown> = {}): Record<string, string> {
  const errors = Object.entries(mapping)
    .filter(
      ([name, field]) =>
        name.length > MAPPING_NAME_MAX || typeof field !== 'string' || field.length > MAPPING_NAME_MAX,
    )
    .map(([name]) => ({
      pointer: `/mapping/${name.slice(0, MAPPING_NAME_MAX)}`,
      code: 'mapping',
      detail: 'must be the name of a field',
    }));
  if (errors.length > 0) throw requestErrors.invalid({ errors });
  return mapping as Record<string, string>;
}

function toImport(row: ImportRow): LeadImport {
  const [imported, updated, duplicates, rejected] = [
    row.imported,
    row.updated,
    row.duplicates,
    row.rejected,
  ].map(Number) as [number, number, number, number];
  return {
    id: row.id,
    status: row.status,
    fileName: row.fileName,
    fileSize: Number(row.fileSize),
    bytesRead: Number(row.bytesRead),
    dedupe: row.dedupe,
    encoding: row.encoding,
    delimiter: row.delimiter,
    mapping: row.mapping,
    rows: imported + updated + duplicates + rejected,
    imported,
    updated,
    duplicates,
    rejected,
    failureCode: row.failureCode,
    failureReason: row.failureReason,
    createdByUserId: row.createdByUserId,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
