import type { Lead, LeadSnapshot, LeadUpdatedData } from '@leadwire/contracts';
import type { LeadEntity } from './lead.entity.js';

/** A lead as queries read it: the columns that callers see. */
export type LeadRow = Omit<LeadEntity, 'tenantId' | 'isDeleted'>;

/** Which column keeps which field; also what every query of whole leads selects. */
export const COLUMN_OF: Readonly<Record<keyof LeadRow, string>> = {
  id: 'id',
  version: 'version',
  firstName: 'first_name',
  lastName: 'last_name',
  email: 'email',
  phone: 'phone',
  companyName: 'company_name',
  title: 'title',
  linkedinUrl: 'linkedin_url',
  stage: 'stage',
  status: 'status',
  priority: 'priority',
  estimatedValue: 'estimated_value',
  currency: 'currency',
  customFields: 'custom_fields',
  notes: 'notes',
  source: 'source',
  importId: 'import_id',
  isArchived: 'is_archived',
  assignedUserId: 'assigned_user_id',
  createdByUserId: 'created_by_user_id',
  lastActivityAt: 'last_activity_at',
  nextFollowUpAt: 'next_follow_up_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

export const LEAD_COLUMNS = Object.entries(COLUMN_OF)
  .map(([field, column]) => `${column} AS "${field}"`)
  .join(', ');

/** A lead as callers see it. */
export function toLead(row: LeadRow): Lead {
  return {
    id: row.id,
    version: Number(row.version),
    firstName: row.firstName,
    lastName: row.lastName,
    email: row.email,
    phone: row.phone,
    companyName: row.companyName,
    title: row.title,
    linkedinUrl: row.linkedinUrl,
    stage: row.stage,
    status: row.status,
    priority: row.priority,
    estimatedValue: row.estimatedValue,
    currency: row.currency,
    customFields: row.customFields,
    notes: row.notes,
    source: row.source,
    importId: row.importId,
    isArchived: row.isArchived,
    assignedUserId: row.assignedUserId,
    createdByUserId: row.createdByUserId,
    lastActivityAt: row.lastActivityAt?.toISOString() ?? null,
    nextFollowUpAt: row.nextFollowUpAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** What other services may keep of a lead. */
export function snapshotOf(row: LeadRow): LeadSnapshot {
  const { firstName, lastName, email, phone, companyName, title, linkedinUrl, customFields } = row;
  return { firstName, lastName, email, phone, companyName, title, linkedinUrl, customFields };
}

export function leadUpdated(row: LeadRow): LeadUpdatedData {
  const { stage, status, assignedUserId, isArchived } = row;
  return { ...snapshotOf(row), stage, status, assignedUserId, isArchived };
}
