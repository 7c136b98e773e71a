import { Inject } from '@nestjs/common';
import {
  LeadCreated,
  LeadDeleted,
  leadErrors,
  leadsApi,
  LeadUpdated,
  type AssignLead,
  type CreateLead,
  type Lead,
  type LeadRef,
  type LeadsApi,
  type ListLeads,
  type Page,
  type UpdateLead,
} from '@leadwire/contracts';
import { can, Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, isUniqueViolation, TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { Assignees } from './assignees.js';
import { changesOfLead, recordEntries } from '../timeline/timeline.queries.js';
import {
  changedFields,
  mergedCustomFields,
  requireCurrency,
  storedFields,
  type WritableFields,
} from './lead-fields.js';
import { leadPage, listLeads } from './lead-list.js';
import { leadUpdated, snapshotOf, toLead, type LeadRow } from './lead-row.js';
import { LeadEntity } from './lead.entity.js';
import { DELETE_LEAD, DUPLICATES, GET_LEAD, LOCK_LEAD, updateLead } from './leads.queries.js';
import { pickLabels, requireLabels } from './labels.js';

const MANUAL = 'manual';

/** The leads of a team: found, added, changed, given to somebody, put away. */
@Serves(leadsApi)
export class LeadsService implements LeadsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(Assignees) private readonly assignees: Assignees,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListLeads): Promise<Page<Lead>> {
    const { after, limit } = this.cursors.read(ctx, leadsApi.name, input);
    const rows = await listLeads(
      (sql, params) => this.tenant.read(ctx, sql, params),
      ctx.tenantId,
      input,
      limit + 1,
      after,
    );
    return leadPage(this.cursors, ctx, leadsApi.name, input, rows, limit);
  }

  /** @throws AppError `lead.not_found` */
  async get(ctx: Ctx, { leadId }: LeadRef): Promise<Lead> {
    const [row] = await this.tenant.read<LeadRow>(ctx, GET_LEAD, [ctx.tenantId, leadId], 'lead-get');
    if (!row) throw leadErrors.not_found();
    return toLead(row);
  }

  /** @throws AppError `lead.duplicate` | `lead.may_not_assign` | `request.invalid` */
  async create(ctx: Ctx, input: CreateLead): Promise<Lead> {
    const { assignedUserId = null } = input;
    if (assignedUserId && assignedUserId !== ctx.userId && !can(ctx, 'leads.assign'))
      throw leadErrors.may_not_assign();
    const fields = storedFields(input);
    requireCurrency(fields);
    await this.assignees.require(ctx, assignedUserId);
    return this.namingDuplicates(ctx, fields, () =>
      this.tenant.run(ctx, async (db) => {
        const labels = await pickLabels(db, input);
        const lead = await db.insert<LeadEntity>(LeadEntity, this.newLead(ctx, { ...fields, ...labels }));
        const { stage, status, source } = lead;
        db.emit(LeadCreated, lead.id, { ...snapshotOf(lead), source, stage, status }, { version: 1 });
        return toLead(lead);
      }),
    );
  }

  /** @throws AppError `lead.not_found` | `lead.changed_meanwhile` | `lead.duplicate` | `request.invalid` */
  update(ctx: Ctx, { leadId, version, ...given }: UpdateLead): Promise<Lead> {
    const fields = storedFields(given);
    return this.namingDuplicates(ctx, fields, () =>
      this.change(ctx, leadId, version, (lead) => {
        const custom = fields.customFields && {
          customFields: mergedCustomFields(lead.customFields, fields.customFields),
        };
        requireCurrency({ ...lead, ...fields });
        return { ...fields, ...custom };
      }),
    );
  }

  /** @throws AppError `lead.not_found` | `lead.changed_meanwhile` | `request.invalid` for somebody outside the team */
  async assign(ctx: Ctx, { leadId, version, assignedUserId }: AssignLead): Promise<Lead> {
    if (assignedUserId) {
      await this.get(ctx, { leadId });
      await this.assignees.require(ctx, assignedUserId);
    }
    return this.change(ctx, leadId, version, () => ({ assignedUserId }));
  }

  /** Takes a lead out of the lists and of what campaigns choose from. @throws AppError `lead.not_found` */
  archive(ctx: Ctx, { leadId }: LeadRef): Promise<Lead> {
    return this.change(ctx, leadId, undefined, () => ({ isArchived: true }));
  }

  /** @throws AppError `lead.not_found` */
  unarchive(ctx: Ctx, { leadId }: LeadRef): Promise<Lead> {
    return this.change(ctx, leadId, undefined, () => ({ isArchived: false }));
  }

  /** From now on nobody sees the lead, and its addresses may be given to a new one. @throws AppError `lead.not_found` */
  remove(ctx: Ctx, { leadId }: LeadRef): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      const [gone] = await db.query<{ version: string; deletedAt: Date }>(DELETE_LEAD, [db.tenantId, leadId]);
      if (!gone) throw leadErrors.not_found();
      db.emit(
        LeadDeleted,
        leadId,
        { deletedAt: gone.deletedAt.toISOString() },
        { version: Number(gone.version) },
      );
    });
  }

  private newLead(
    ctx: Ctx,
    fields: WritableFields & Pick<LeadRow, 'stage' | 'status'>,
  ): Omit<LeadEntity, 'id' | 'tenantId'> {
    const now = this.clock.now();
    return {
      firstName: null,
      lastName: null,
      email: null,
      phone: null,
      companyName: null,
      title: null,
      linkedinUrl: null,
      priority: null,
      estimatedValue: null,
      currency: null,
      notes: null,
      nextFollowUpAt: null,
      assignedUserId: null,
      ...fields,
      customFields: mergedCustomFields({}, fields.customFields ?? {}),
      createdByUserId: ctx.userId,
      source: MANUAL,
      importId: null,
      isArchived: false,
      isDeleted: false,
      version: '1',
      lastActivityAt: null,
      createdAt: now,
      updatedAt: now,
    };
  }

  // One change at a time per lead, so that versions rise in the order in which the events leave.
  private change(
    ctx: Ctx,
    leadId: string,
    expected: number | undefined,
    decide: (lead: LeadRow) => WritableFields,
  ): Promise<Lead> {
    return this.tenant.run(ctx, async (db) => {
      const [before] = await db.query<LeadRow>(LOCK_LEAD, [db.tenantId, leadId]);
      if (!before) throw leadErrors.not_found();
      if (expected !== undefined && Number(before.version) !== expected) {
        throw leadErrors.changed_meanwhile({ extras: { version: Number(before.version) } });
      }
      const changes = changedFields(before, decide(before));
      if (Object.keys(changes).length === 0) return toLead(before);
      await requireLabels(db, changes);
      const after = await this.write(db, leadId, changes);
      await recordEntries(db, leadId, this.clock.now(), changesOfLead(before, after));
      db.emit(LeadUpdated, leadId, leadUpdated(after), { version: Number(after.version) });
      return toLead(after);
    });
  }

  private async write(db: TenantDb, leadId: string, changes: WritableFields): Promise<LeadRow> {
    const { sql, values } = updateLead(changes);
    const [row] = await db.query<LeadRow>(sql, [db.tenantId, leadId, ...values]);
    if (!row) throw leadErrors.not_found();
    return row;
  }

  // The unique indexes decide, not a look beforehand: two requests at once cannot both find the address free.
  private async namingDuplicates<T>(ctx: Ctx, fields: WritableFields, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      for (const [index, { field, find }] of Object.entries(DUPLICATES)) {
        if (!isUniqueViolation(cause, index)) continue;
        const [other] = await this.tenant.read<{ id: string }>(ctx, find, [ctx.tenantId, fields[field]]);
        throw leadErrors.duplicate({ cause, extras: { field, leadId: other?.id ?? null } });
      }
      throw cause;
    }
  }
}
