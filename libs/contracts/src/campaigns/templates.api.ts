import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, JsonObject, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';

export const SUBJECT_LENGTH_MAX = 500;
export const MAIL_BODY_LENGTH_MAX = 50_000;

/** One variable of a template: what it is for, and what stands in when a lead lacks it. */
export type TemplateVariable = { description?: string; fallback?: string };
export type VariablesSchema = Record<string, TemplateVariable>;

const SCHEMA_HELP =
  'Variables by name, e.g. `{"firstName": {"fallback": "there"}, "custom.city": {}}`. Each variable that the template uses must be in it; ' +
  'left out, it is derived from the template. A variable without fallback that a lead lacks ends that enrolment: no hole is ever sent.';

export class CreateTemplate {
  @Text({
    min: 1,
    max: 80,
    pattern: /^[a-z0-9][a-z0-9._-]*$/,
    description: 'Name of the template; unique per language.',
  })
  templateKey!: string;

  @Text({
    max: 10,
    pattern: /^[a-z]{2,3}(-[A-Z]{2})?$/,
    optional: true,
    description: 'BCP 47; `en` unless told.',
  })
  language?: string;

  @Text({ min: 1, max: SUBJECT_LENGTH_MAX, description: 'Liquid.' })
  subject!: string;

  @Text({ min: 1, max: MAIL_BODY_LENGTH_MAX, description: 'Liquid; sent as plain text.' })
  body!: string;

  @JsonObject({ optional: true, description: SCHEMA_HELP })
  variablesSchema?: VariablesSchema;
}

export class UpdateTemplate {
  @Uuid()
  templateId!: string;

  @Text({ min: 1, max: SUBJECT_LENGTH_MAX, optional: true })
  subject?: string;

  @Text({ min: 1, max: MAIL_BODY_LENGTH_MAX, optional: true })
  body?: string;

  @JsonObject({ optional: true, description: SCHEMA_HELP })
  variablesSchema?: VariablesSchema;

  @Bool({ optional: true })
  isActive?: boolean;
}

export class TemplateRef {
  @Uuid()
  templateId!: string;
}

export class PreviewTemplate {
  @Uuid()
  templateId!: string;

  @Uuid({ description: 'An enrolment, for whose lead the mail is rendered as it would be sent.' })
  enrolmentId!: string;
}

export class Template {
  @Uuid()
  id!: string;

  @Text({ max: 20 })
  channel!: string;

  @Text({ max: 80 })
  templateKey!: string;

  @Text({ max: 10 })
  language!: string;

  @Text({ max: SUBJECT_LENGTH_MAX })
  subject!: string;

  @Text({ max: MAIL_BODY_LENGTH_MAX })
  body!: string;

  @JsonObject()
  variablesSchema!: VariablesSchema;

  @Bool()
  isActive!: boolean;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export class RenderedMail {
  @Text({ max: 1000 })
  subject!: string;

  @Text({ max: 200_000 })
  body!: string;
}

export interface TemplatesApi {
  create(ctx: Ctx, input: CreateTemplate): Promise<Template>;
  get(ctx: Ctx, input: TemplateRef): Promise<Template>;
  list(ctx: Ctx, input: PageRequest): Promise<Page<Template>>;
  update(ctx: Ctx, input: UpdateTemplate): Promise<Template>;
  remove(ctx: Ctx, input: TemplateRef): Promise<void>;
  preview(ctx: Ctx, input: PreviewTemplate): Promise<RenderedMail>;
}
export const templatesApi = defineApi<TemplatesApi>('campaigns.templates', {
  create: { input: CreateTemplate, output: Template, can: 'templates.write' },
  get: { input: TemplateRef, output: Template, can: 'templates.read', idempotent: true },
  list: { input: PageRequest, output: pageOf(Template), can: 'templates.read', idempotent: true },
  update: { input: UpdateTemplate, output: Template, can: 'templates.write' },
  remove: { input: TemplateRef, can: 'templates.write' },
  preview: { input: PreviewTemplate, output: RenderedMail, can: 'templates.read', idempotent: true },
});
