import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  leadImportsApi,
  leadsApi,
  type CreateLeadImport,
  type Lead,
  type LeadImport,
  type LeadImportsApi,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { FileObjectStorage } from '@leadwire/platform';
import { eventually, TestService } from '@leadwire/testing';
import { leadsService } from '../src/leads.module.js';
import { migrations } from '../src/migrations/index.js';

type Options = Partial<Omit<CreateLeadImport, 'objectKey' | 'fileSize'>>;

/** The leads service with an upload folder, as the gateway would use it. */
export class ImportFixture {
  private constructor(
    readonly service: TestService,
    readonly api: LeadImportsApi,
    private readonly root: string,
  ) {}

  static async start(): Promise<ImportFixture> {
    const service = await TestService.start(leadsService, { migrations });
    return new ImportFixture(
      service,
      service.client(leadImportsApi),
      service.env['OBJECT_STORAGE_DIR'] as string,
    );
  }

  /** Uploads `content` and starts its import. */
  async begin(ctx: Ctx, content: string | Buffer, options: Options = {}): Promise<LeadImport> {
    const objectKey = `${ctx.tenantId}/imports/${newId()}.csv`;
    const fileSize = await new FileObjectStorage(this.root).put(
      objectKey,
      Readable.from([Buffer.from(content)]),
    );
    return this.api.create(ctx, { fileName: 'leads.csv', ...options, objectKey, fileSize });
  }

  /** The import once it has ended. */
  ended(ctx: Ctx, importId: string): Promise<LeadImport> {
    return eventually(async () => {
      const current = await this.api.get({ ...ctx, deadline: Date.now() + 10_000 }, { importId });
      return current.finishedAt !== null && current;
    });
  }

  async run(ctx: Ctx, content: string | Buffer, options: Options = {}): Promise<LeadImport> {
    return this.ended(ctx, (await this.begin(ctx, content, options)).id);
  }

  /** Up to a hundred leads of the tenant, oldest first. */
  async leads(ctx: Ctx): Promise<Lead[]> {
    const { items } = await this.service
      .client(leadsApi)
      .list(ctx, { sort: 'createdAt', order: 'asc', limit: 100 });
    return items;
  }

  async leadCount(ctx: Ctx): Promise<number> {
    const [row] = await this.service.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM leads.leads WHERE tenant_id = $1',
      [ctx.tenantId],
    );
    return row?.count ?? 0;
  }

  /** What each lead of the tenant is found by, oldest first. */
  async words(ctx: Ctx): Promise<string[]> {
    const rows = await this.service.database.query<{ words: string }>(
      'SELECT search::text AS words FROM leads.leads WHERE tenant_id = $1 ORDER BY id',
      [ctx.tenantId],
    );
    return rows.map(({ words }) => words);
  }

  object(key: string): Promise<string> {
    return readFile(join(this.root, key), 'utf8');
  }

  exists(key: string): Promise<boolean> {
    return access(join(this.root, key)).then(
      () => true,
      () => false,
    );
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}

/** What an import counted. */
export function countsOf({ status, rows, imported, updated, duplicates, rejected }: LeadImport) {
  return { status, rows, imported, updated, duplicates, rejected };
}

/** A file of `count` leads, each with an address of its own. */
export function fileOf(count: number, seed = 'lead'): string {
  const rows = Array.from(
    { length: count },
    (_, i) => `Anna,Miller ${i},${seed}${i}@example.com,Company ${i % 50}\n`,
  );
  return `First name,Last name,Email,Company\n${rows.join('')}`;
}
