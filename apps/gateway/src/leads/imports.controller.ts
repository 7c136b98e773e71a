import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import {
  leadImportsApi,
  parseInput,
  CreateLeadImport,
  LeadImportRef,
  ListLeadImports,
  type LeadImport,
  type LeadImportsApi,
} from '@leadwire/contracts';
import { AppError, REQUEST_DEADLINE_MS, requestErrors, type Ctx } from '@leadwire/kernel';
import { Client, PassThrough } from '@leadwire/messaging';
import { ObjectStorage } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';
import { receiveUpload, type Upload } from './upload.js';

const FORM = {
  file: 'The CSV file, of any size.',
  mapping: 'JSON: column name → lead field, `customFields.<name>` or `ignore`. Other columns are guessed.',
  delimiter: 'Detected unless given.',
  encoding: 'Detected unless given.',
  dedupe: 'skip, fill or overwrite; fill unless given.',
};

/** Imports of leads from CSV files. */
@Controller('lead-imports')
export class LeadImportsController {
  constructor(
    @PassThrough(leadImportsApi) private readonly imports: LeadImportsApi,
    @Client(leadImportsApi) private readonly readImports: LeadImportsApi,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {}

  /** Uploads a CSV file and starts its import; how far it is, is read from the import. */
  @Post()
  @Endpoint(leadImportsApi.create, { summary: 'Import leads from a CSV file', status: 202, form: FORM })
  async create(@RequestCtx() ctx: Ctx, @Req() request: FastifyRequest): Promise<LeadImport> {
    const upload = await receiveUpload(request, this.storage, ctx.tenantId);
    try {
      const started = await this.readImports.create(afterUpload(ctx, upload), inputOf(upload));
      // Answered from memory: an earlier request with this Idempotency-Key has brought the same file already.
      if (started.id !== upload.id) await this.storage.remove(upload.objectKey);
      return started;
    } catch (error) {
      // A late answer may still be a yes; only a no lets the file go.
      if (!(error instanceof AppError && error.kind === 'timeout'))
        await this.storage.remove(upload.objectKey);
      throw error;
    }
  }

  /** Lists imports, newest first. */
  @Get()
  @Endpoint(leadImportsApi.list, { summary: 'List imports' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListLeadImports) {
    return this.imports.list(ctx, input);
  }

  /** Reads an import and how far it is. */
  @Get(':importId')
  @Endpoint(leadImportsApi.get, { summary: 'Read an import' })
  get(@RequestCtx() ctx: Ctx, @Input() input: LeadImportRef) {
    return this.imports.get(ctx, input);
  }

  /** Stops an import; what was stored stays. */
  @Post(':importId/cancel')
  @HttpCode(200)
  @Endpoint(leadImportsApi.cancel, { summary: 'Cancel an import' })
  cancel(@RequestCtx() ctx: Ctx, @Input() input: LeadImportRef) {
    return this.imports.cancel(ctx, input);
  }

  /** Downloads the rows that could not be taken, each with its line and the reason. */
  @Get(':importId/rejections')
  @Endpoint(leadImportsApi.rejections, {
    summary: 'Download the rejected rows of an import',
    produces: 'text/csv',
  })
  async rejections(
    @RequestCtx() ctx: Ctx,
    @Input() input: LeadImportRef,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { objectKey, fileName } = await this.readImports.rejections(ctx, input);
    const content = await this.storage.get(objectKey);
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`)
      .send(content);
  }
}

// The upload took as long as it took: the service's time starts now. What was sent is part of what an Idempotency-Key means.
function afterUpload(ctx: Ctx, { hash, fields }: Upload): Ctx {
  const deadline = Date.now() + REQUEST_DEADLINE_MS;
  if (!ctx.idempotencyKey) return { ...ctx, deadline };
  return { ...ctx, deadline, idempotencyKey: `${ctx.idempotencyKey} ${hash} ${JSON.stringify(fields)}` };
}

function inputOf({ objectKey, fileName, fileSize, fields }: Upload): CreateLeadImport {
  const { mapping, ...rest } = fields;
  const given = { objectKey, fileName, fileSize };
  return parseInput(CreateLeadImport, {
    ...rest,
    ...given,
    ...(mapping ? { mapping: parseMapping(mapping) } : {}),
  });
}

function parseMapping(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const errors = [{ pointer: '/mapping', code: 'json', detail: 'is not JSON' }];
    throw requestErrors.invalid({ errors, cause });
  }
}
