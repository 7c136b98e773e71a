import { leadImportErrors, type ImportDedupe } from '@leadwire/contracts';
import { AppError, type Ctx } from '@leadwire/kernel';
import type { TenantTransaction } from '@leadwire/persistence';
import type { ObjectStorage } from '@leadwire/platform';
import { storeBatch } from './batch-store.js';
import { Batch, BATCH_ROWS } from './batch.js';
import { headerOf, mappingOf, planColumns, type Column } from './columns.js';
import { CsvFile, type CsvPiece } from './csv-file.js';
import type { CsvRecord } from './csv-reader.js';
import type { Pipeline } from './import-pipeline.js';
import { Interrupted, LeaseLost } from './import-stops.js';
import { START } from './imports.queries.js';
import { RejectedRows } from './rejected-rows.js';
import { SearchEntries } from './search-entries.js';
import { faultText, RowReader, type ImportRow } from './row-reader.js';

/** What is to be done: the import as it was asked for, and how far an earlier try came. */
export type ImportOrder = {
  id: string;
  lease: string;
  objectKey: string;
  rejectionsKey: string;
  dedupe: ImportDedupe;
  encoding: string | null;
  delimiter: string | null;
  givenMapping: Record<string, string>;
  recordsDone: number;
};
type Table = { header: string[]; reader: RowReader };

/**
 * Carries one file to its end: reading, checking and storing overlap, a batch at a time, so memory does not grow with
 * the file. A restart reads the file again from its start, for the rejected rows, but stores only what was not yet stored.
 */
export class ImportRunner {
  private batch: Batch;
  private rejected = 0;
  private records = 0;
  private inBatch = 0;
  private bytesRead = 0;
  private batches = 0;
  private storing: Promise<void> = Promise.resolve();
  private storingBefore: Promise<void> = Promise.resolve();
  private rejections?: RejectedRows;
  private readonly searchEntries: SearchEntries;

  constructor(
    private readonly tenant: TenantTransaction,
    private readonly storage: ObjectStorage,
    private readonly ctx: Ctx,
    private readonly order: ImportOrder,
    private readonly pipeline: Pipeline,
    private readonly interrupted: () => boolean,
    /** Rows of one file that the team may import. */
    private readonly rowsMax: number,
  ) {
    this.batch = new Batch(order.dedupe === 'fill');
    this.searchEntries = new SearchEntries(tenant, ctx);
  }

  /**
   * Runs to the end of the file.
   * @returns the key of the file of rejected rows, or null when there are none
   * @throws AppError `lead_import.*` when the file can never be imported | LeaseLost | Interrupted
   */
  async run(): Promise<string | null> {
    const source = await this.storage.get(this.order.objectKey).catch((cause: unknown) => {
      if (cause instanceof AppError && cause.kind === 'not_found')
        throw leadImportErrors.file_gone({ cause });
      throw cause;
    });
    try {
      await this.readAll(await CsvFile.open(source, givenDialect(this.order)));
      await this.flush();
      await this.storing;
      return (await this.rejections?.finish()) ?? null;
    } catch (error) {
      await this.storing.catch(() => undefined);
      await this.rejections?.abandon();
      throw error;
    } finally {
      source.destroy();
      await this.searchEntries.settled();
    }
  }

  private async readAll(file: CsvFile): Promise<void> {
    let table: Table | undefined;
    for await (const piece of file.pieces()) {
      table ??= await this.begin(file, piece);
      if (table) for (const record of piece.records) await this.take(table, record);
      this.bytesRead = piece.bytesRead;
    }
    if (!table) throw leadImportErrors.empty();
  }

  // The first record is the header; it is taken off the piece.
  private async begin(file: CsvFile, piece: CsvPiece): Promise<Table | undefined> {
    const first = piece.records.shift();
    if (!first) return undefined;
    const header = 'fields' in first ? headerOf(first.fields) : [];
    const columns = planColumns(header, this.order.givenMapping);
    if (typeof columns === 'string') throw leadImportErrors[columns]();
    await this.start(file, header, columns);
    this.rejections = new RejectedRows(this.storage, this.order.rejectionsKey, header);
    return { header, reader: new RowReader(columns, header, this.pipeline) };
  }

  private async start({ dialect }: CsvFile, header: string[], columns: Column[]): Promise<void> {
    const { id, lease } = this.order;
    const mapping = JSON.stringify(mappingOf(header, columns));
    const kept = await this.tenant.run(this.ctx, (db) =>
      db.execute(START, [db.tenantId, id, lease, dialect.encoding, dialect.delimiter, mapping]),
    );
    if (kept === 0) throw new LeaseLost();
  }

  private async take({ reader }: Table, record: CsvRecord): Promise<void> {
    if (++this.records > this.rowsMax) {
      await this.flush();
      throw leadImportErrors.too_many_rows();
    }
    const isNew = this.records > this.order.recordsDone;
    const row: ImportRow | string | undefined =
      'fields' in record ? reader.read(record.fields) : faultText(record.broken);
    if (typeof row === 'string') {
      await this.rejections?.add(record.line, row, 'fields' in record ? record.fields : [record.raw]);
      if (isNew) this.rejected++;
    } else if (row && isNew) this.batch.add(row);
    if (isNew && ++this.inBatch >= BATCH_ROWS) await this.flush();
  }

  // While one batch is stored, the next goes to the database and a third is read; never more, or a slow database would
  // fill our memory.
  private async flush(): Promise<void> {
    await this.storingBefore;
    if (this.interrupted()) throw new Interrupted();
    if (this.inBatch === 0) return;
    const { batch, rejected, records: recordsDone, bytesRead } = this;
    this.batch = new Batch(this.order.dedupe === 'fill');
    this.rejected = 0;
    this.inBatch = 0;
    const { id: importId, lease, dedupe } = this.order;
    const run = { importId, lease, dedupe, pipeline: this.pipeline };
    const turn = this.storing;
    const progress = { recordsDone, bytesRead, rejected, isFirst: this.batches++ === 0 };
    this.storingBefore = turn;
    this.storing = storeBatch(this.tenant, this.ctx, run, batch, progress, turn).then((imported) =>
      this.searchEntries.added(imported),
    );
    // Its failure is met at a later flush; until then it must not count as unhandled.
    this.storing.catch(() => undefined);
  }
}

function givenDialect({ encoding, delimiter }: ImportOrder) {
  return { ...(encoding ? { encoding } : {}), ...(delimiter ? { delimiter } : {}) };
}
