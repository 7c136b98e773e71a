import { PAGE_LIMIT_MAX, type Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Email, Int, JsonObject, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, type Page } from '../define/page.js';
import { LeadFilter } from './lead-filter.js';

export const LEAD_NAME_MAX = 100;
export const LEAD_PHONE_MAX = 40;
export const LEAD_COMPANY_MAX = 200;
export const LEAD_TITLE_MAX = 200;
export const LEAD_LINKEDIN_MAX = 500;
export const LEAD_NOTES_MAX = 10_000;
export const LEAD_KEY_MAX = 60;
export const LEAD_PRIORITY_MAX = 5;

const CURRENCY = /^[A-Z]{3}$/;
const maybe = { optional: true, nullable: true } as const;
const PRIORITY = { min: 0, max: LEAD_PRIORITY_MAX } as const;

/** What a client may say about a lead. Null empties a field. */
class LeadFields {
  @Text({ ...maybe, min: 1, max: LEAD_NAME_MAX })
  firstName?: string | null;

  @Text({ ...maybe, min: 1, max: LEAD_NAME_MAX })
  lastName?: string | null;

  @Email({ ...maybe, description: 'Unique among the leads of a team, whatever its case.' })
  email?: string | null;

  @Text({
    ...maybe,
    min: 1,
    max: LEAD_PHONE_MAX,
    description: 'Unique. Kept as E.164 when it starts with + or 00; otherwise as given.',
    example: '+4930123456',
  })
  phone?: string | null;

  @Text({ ...maybe, min: 1, max: LEAD_COMPANY_MAX })
  companyName?: string | null;

  @Text({ ...maybe, min: 1, max: LEAD_TITLE_MAX, description: 'Job title.' })
  title?: string | null;

  @Text({
    ...maybe,
    min: 1,
    max: LEAD_LINKEDIN_MAX,
    description: 'Unique. An address on linkedin.com; kept without query and in one spelling.',
    example: 'https://www.linkedin.com/in/jane-doe',
  })
  linkedinUrl?: string | null;

  @Text({
    optional: true,
    min: 1,
    max: LEAD_KEY_MAX,
    description: 'Key of a stage; the first one unless told.',
  })
  stage?: string;

  @Text({
    optional: true,
    min: 1,
    max: LEAD_KEY_MAX,
    description: 'Key of a status; the first one unless told.',
  })
  status?: string;

  @Int({ ...maybe, ...PRIORITY, description: 'From 0 to 5, the highest.' })
  priority?: number | null;

  @DecimalText({
    ...maybe,
    description: 'What the deal may be worth; needs `currency`.',
    example: '12500.00',
  })
  estimatedValue?: string | null;

  @Text({ ...maybe, max: 3, pattern: CURRENCY, description: 'ISO 4217.', example: 'EUR' })
  currency?: string | null;

  @JsonObject({
    optional: true,
    description: 'The team’s own fields. An update merges them; null removes one.',
  })
  customFields?: Record<string, unknown>;

  @Text({
    ...maybe,
    max: LEAD_NOTES_MAX,
    description: 'A remark on the lead itself; for more there are notes.',
  })
  notes?: string | null;

  @Timestamp({ ...maybe })
  nextFollowUpAt?: string | null;
}

export class CreateLead extends LeadFields {
  @Uuid({ ...maybe, description: 'Giving it to somebody else needs the right to assign.' })
  assignedUserId?: string | null;
}

export class LeadRef {
  @Uuid()
  leadId!: string;
}

/** Absent fields stay as they are. */
export class UpdateLead extends LeadFields {
  @Uuid()
  leadId!: string;

  @Int({
    optional: true,
    min: 1,
    description: 'The version that was read: a lead changed since then is left alone.',
  })
  version?: number;
}

export class AssignLead {
  @Uuid()
  leadId!: string;

  @Uuid({ nullable: true, description: 'Null takes the lead from everybody.' })
  assignedUserId!: string | null;

  @Int({
    optional: true,
    min: 1,
    description: 'The version that was read: a lead changed since then is left alone.',
  })
  version?: number;
}

/** One lead. */
export class Lead {
  @Uuid()
  id!: string;

  @Int({ description: 'Rises with each change.' })
  version!: number;

  @Text({ max: LEAD_NAME_MAX, nullable: true })
  firstName!: string | null;

  @Text({ max: LEAD_NAME_MAX, nullable: true })
  lastName!: string | null;

  @Email({ nullable: true })
  email!: string | null;

  @Text({ max: LEAD_PHONE_MAX, nullable: true })
  phone!: string | null;

  @Text({ max: LEAD_COMPANY_MAX, nullable: true })
  companyName!: string | null;

  @Text({ max: LEAD_TITLE_MAX, nullable: true })
  title!: string | null;

  @Text({ max: LEAD_LINKEDIN_MAX, nullable: true })
  linkedinUrl!: string | null;

  @Text({ max: LEAD_KEY_MAX })
  stage!: string;

  @Text({ max: LEAD_KEY_MAX })
  status!: string;

  @Int({ ...PRIORITY, nullable: true })
  priority!: number | null;

  @DecimalText({ nullable: true })
  estimatedValue!: string | null;

  @Text({ max: 3, nullable: true })
  currency!: string | null;

  @JsonObject()
  customFields!: Record<string, unknown>;

  @Text({ max: LEAD_NOTES_MAX, nullable: true })
  notes!: string | null;

  @Text({ max: LEAD_KEY_MAX, description: 'Where it came from: manual, import, …' })
  source!: string;

  @Uuid({ nullable: true, description: 'The import that created it.' })
  importId!: string | null;

  @Bool()
  isArchived!: boolean;

  @Uuid({ nullable: true })
  assignedUserId!: string | null;

  @Uuid({ nullable: true })
  createdByUserId!: string | null;

  @Timestamp({ nullable: true, description: 'When it was last contacted or written about.' })
  lastActivityAt!: string | null;

  @Timestamp({ nullable: true })
  nextFollowUpAt!: string | null;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export const LEAD_SORTS = [
  'createdAt',
  'updatedAt',
  'lastActivityAt',
  'lastName',
  'priority',
  'estimatedValue',
] as const;
export type LeadSort = (typeof LEAD_SORTS)[number];
export const SORT_ORDERS = ['asc', 'desc'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export class ListLeads extends LeadFilter {
  @OneOf(LEAD_SORTS, {
    optional: true,
    description: 'createdAt unless told. Leads without a value come last, whatever the order.',
  })
  sort?: LeadSort;

  @OneOf(SORT_ORDERS, { optional: true, description: 'desc unless told.' })
  order?: SortOrder;

  @Int({
    min: 1,
    max: PAGE_LIMIT_MAX,
    optional: true,
    description: 'Items per page; 25 unless told. Fewer come when they are large.',
  })
  limit?: number;

  @Text({
    max: 1024,
    optional: true,
    description: 'The `next` of the previous page; bound to the same filter.',
  })
  cursor?: string;
}

export interface LeadsApi {
  list(ctx: Ctx, input: ListLeads): Promise<Page<Lead>>;
  get(ctx: Ctx, input: LeadRef): Promise<Lead>;
  create(ctx: Ctx, input: CreateLead): Promise<Lead>;
  update(ctx: Ctx, input: UpdateLead): Promise<Lead>;
  assign(ctx: Ctx, input: AssignLead): Promise<Lead>;
  archive(ctx: Ctx, input: LeadRef): Promise<Lead>;
  unarchive(ctx: Ctx, input: LeadRef): Promise<Lead>;
  remove(ctx: Ctx, input: LeadRef): Promise<void>;
}
export const leadsApi = defineApi<LeadsApi>('leads.leads', {
  list: { input: ListLeads, output: pageOf(Lead), can: 'leads.read', idempotent: true },
  get: { input: LeadRef, output: Lead, can: 'leads.read', idempotent: true },
  create: { input: CreateLead, output: Lead, can: 'leads.write' },
  update: { input: UpdateLead, output: Lead, can: 'leads.write' },
  assign: { input: AssignLead, output: Lead, can: 'leads.assign' },
  archive: { input: LeadRef, output: Lead, can: 'leads.write' },
  unarchive: { input: LeadRef, output: Lead, can: 'leads.write' },
  remove: { input: LeadRef, can: 'leads.delete' },
});
