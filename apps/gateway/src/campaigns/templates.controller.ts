import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  CreateTemplate,
  PageRequest,
  PreviewTemplate,
  TemplateRef,
  templatesApi,
  UpdateTemplate,
  type TemplatesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Texts of mails with variables. */
@Controller('templates')
export class TemplatesController {
  constructor(@PassThrough(templatesApi) private readonly templates: TemplatesApi) {}

  /** Adds a template; it is parsed and its variables are checked. */
  @Post()
  @Endpoint(templatesApi.create, { summary: 'Add a template' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateTemplate) {
    return this.templates.create(ctx, input);
  }

  /** The tenant's templates, newest first. */
  @Get()
  @Endpoint(templatesApi.list, { summary: 'List templates' })
  list(@RequestCtx() ctx: Ctx, @Input() input: PageRequest) {
    return this.templates.list(ctx, input);
  }

  /** One template. */
  @Get(':templateId')
  @Endpoint(templatesApi.get, { summary: 'Read a template' })
  get(@RequestCtx() ctx: Ctx, @Input() input: TemplateRef) {
    return this.templates.get(ctx, input);
  }

  /** Changes a template; mails that are not sent yet use the new text. */
  @Patch(':templateId')
  @Endpoint(templatesApi.update, { summary: 'Change a template' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateTemplate) {
    return this.templates.update(ctx, input);
  }

  /** Removes a template that no campaign needs any more. */
  @Delete(':templateId')
  @HttpCode(204)
  @Endpoint(templatesApi.remove, { summary: 'Remove a template' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: TemplateRef) {
    return this.templates.remove(ctx, input);
  }

  /** The mail as the lead of an enrolment would get it. */
  @Post(':templateId/preview')
  @HttpCode(200)
  @Endpoint(templatesApi.preview, { summary: 'Preview a template for an enrolled lead' })
  preview(@RequestCtx() ctx: Ctx, @Input() input: PreviewTemplate) {
    return this.templates.preview(ctx, input);
  }
}
