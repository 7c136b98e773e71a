import { Inject } from '@nestjs/common';
import {
  templateErrors,
  templatesApi,
  type CreateTemplate,
  type Page,
  type PageRequest,
  type PreviewTemplate,
  type RenderedMail,
  type Template,
  type TemplateRef,
  type TemplatesApi,
  type UpdateTemplate,
  type VariablesSchema,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { LessThan } from 'typeorm';
import { checkTemplate, renderMail } from './liquid.js';
import { TemplateEntity } from './template.entity.js';
import { PREVIEW_FACTS, TEMPLATE_IN_USE, type PreviewRow } from './templates.queries.js';

const LIST = 'templates';

/** Reusable mails in Liquid. What is stored has been parsed, and its variables are known. */
@Serves(templatesApi)
export class TemplatesService implements TemplatesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  async create(ctx: Ctx, input: CreateTemplate): Promise<Template> {
    const variablesSchema = requireValid(input, input.variablesSchema);
    try {
      return await this.tenant.run(ctx, async (db) => {
        const { id } = await db.insert(TemplateEntity, { ...input, variablesSchema });
        return toTemplate(await this.require(db, id));
      });
    } catch (error) {
      throw isUniqueViolation(error, 'communication_templates_key') ? templateErrors.duplicate() : error;
    }
  }

  get(ctx: Ctx, { templateId }: TemplateRef): Promise<Template> {
    return this.tenant.run(ctx, async (db) => toTemplate(await this.require(db, templateId)));
  }

  async list(ctx: Ctx, input: PageRequest): Promise<Page<Template>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const rows = await this.tenant.run(ctx, (db) =>
      db.manager.find(TemplateEntity, {
        where: { tenantId: ctx.tenantId, ...(after ? { id: LessThan(String(after[0])) } : {}) },
        order: { id: 'DESC' },
        take: limit + 1,
      }),
    );
    return this.cursors.page(ctx, LIST, input, rows, (row) => [row.id], toTemplate);
  }

  update(ctx: Ctx, { templateId, ...changes }: UpdateTemplate): Promise<Template> {
    return this.tenant.run(ctx, async (db) => {
      const template = await this.require(db, templateId, true);
      const texts = { subject: changes.subject ?? template.subject, body: changes.body ?? template.body };
      // A derived schema follows the text; a declared one stays until another is given.
      const declared =
        changes.variablesSchema ?? (isDerived(template) ? undefined : template.variablesSchema);
      const variablesSchema = requireValid(texts, declared);
      await db.update(TemplateEntity, template.id, { ...changes, variablesSchema });
      return toTemplate(await this.require(db, template.id));
    });
  }

  async remove(ctx: Ctx, { templateId }: TemplateRef): Promise<void> {
    await this.tenant.run(ctx, async (db) => {
      const template = await this.require(db, templateId, true);
      const [used] = await db.query(TEMPLATE_IN_USE, [ctx.tenantId, template.id]);
      if (used) throw templateErrors.in_use();
      await db.manager.delete(TemplateEntity, { id: template.id, tenantId: ctx.tenantId });
    });
  }

  async preview(ctx: Ctx, { templateId, enrolmentId }: PreviewTemplate): Promise<RenderedMail> {
    const { idempotencyKey: _, ...plain } = ctx;
    return this.tenant.run(plain, async (db) => {
      const { subject, body, variablesSchema } = await this.require(db, templateId);
      const [facts] = await db.query<PreviewRow>(PREVIEW_FACTS, [ctx.tenantId, enrolmentId]);
      if (!facts) throw templateErrors.not_found({ internal: `no enrolment ${enrolmentId}` });
      const sender = { name: facts.fromName, email: facts.fromEmail ?? '' };
      const mail = renderMail({ subject, body, variables: variablesSchema }, facts, sender);
      if (!mail.ok) throw templateErrors.variable_missing({ extras: { reason: mail.reason } });
      return { subject: mail.subject, body: mail.body };
    });
  }

  private require(db: TenantDb, id: string, lock = false): Promise<TemplateEntity> {
    return db.require(TemplateEntity, id, () => templateErrors.not_found(), lock);
  }
}

/** @throws AppError `template.invalid` with a pointer per broken rule */
function requireValid(
  texts: { subject: string; body: string },
  schema: VariablesSchema | undefined,
): VariablesSchema {
  const { variables, problems } = checkTemplate(texts, schema);
  if (problems.length === 0) return variables;
  throw templateErrors.invalid({
    errors: problems.map(({ field, code, detail }) => ({ pointer: `/${field}`, code, detail })),
  });
}

// A schema that says nothing of its variables but their names is one that we derived, or as good as one.
function isDerived({ variablesSchema }: TemplateEntity): boolean {
  return Object.values(variablesSchema).every((spec) => Object.keys(spec).length === 0);
}

function toTemplate({ tenantId: _, createdAt, updatedAt, ...row }: TemplateEntity): Template {
  return { ...row, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
