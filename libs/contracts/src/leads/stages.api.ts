import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Int, ListOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';

/** Stages of one team; as many statuses. */
export const PIPELINE_LABELS_MAX = 50;

const KEY = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const COLOR = /^#[0-9a-fA-F]{6}$/;
const key = {
  max: 60,
  pattern: KEY,
  optional: true,
  description: 'Its name for programs, for ever; made from the label unless told.',
};
const label = { min: 1, max: 100, pattern: /\S/ };
const color = {
  max: 7,
  pattern: COLOR,
  optional: true,
  description: 'As #rrggbb; grey unless told.',
  example: '#2563eb',
};
const place = {
  min: 0,
  max: PIPELINE_LABELS_MAX - 1,
  optional: true,
  description: 'Its place, counted from 0; the others move. The last one unless told.',
};

/** What stages and statuses have in common; the key never changes. */
class NewLabel {
  @Text(key)
  key?: string;

  @Text(label)
  label!: string;

  @Text(color)
  color?: string;

  @Int(place)
  displayOrder?: number;
}

/** Absent fields stay as they are. */
class ChangedLabel {
  @Text({ ...label, optional: true })
  label?: string;

  @Text(color)
  color?: string;

  @Int({ ...place, description: 'Its place, counted from 0; the others move.' })
  displayOrder?: number;
}

class Label {
  @Uuid()
  id!: string;

  @Text({ max: 60 })
  key!: string;

  @Text({ max: 100 })
  label!: string;

  @Text({ max: 7 })
  color!: string;

  @Int()
  displayOrder!: number;

  @Timestamp()
  createdAt!: string;

  @Timestamp()
  updatedAt!: string;
}

export class CreateLeadStage extends NewLabel {
  @Text({ max: 500, optional: true, nullable: true })
  description?: string | null;
}

export class LeadStageRef {
  @Uuid()
  stageId!: string;
}

/** Absent fields stay as they are; the key never changes. */
export class UpdateLeadStage extends ChangedLabel {
  @Uuid()
  stageId!: string;

  @Text({ max: 500, optional: true, nullable: true })
  description?: string | null;
}

/** A step of the pipeline. */
export class LeadStage extends Label {
  @Text({ max: 500, nullable: true })
  description!: string | null;
}

/** All stages in their order; few enough to need no pages. */
export class LeadStages {
  @ListOf(() => LeadStage, { items: PIPELINE_LABELS_MAX })
  items!: LeadStage[];
}

export interface LeadStagesApi {
  list(ctx: Ctx, input: Nothing): Promise<LeadStages>;
  create(ctx: Ctx, input: CreateLeadStage): Promise<LeadStage>;
  update(ctx: Ctx, input: UpdateLeadStage): Promise<LeadStage>;
  remove(ctx: Ctx, input: LeadStageRef): Promise<void>;
}
export const leadStagesApi = defineApi<LeadStagesApi>('leads.stages', {
  list: { input: Nothing, output: LeadStages, can: 'leads.read', idempotent: true },
  create: { input: CreateLeadStage, output: LeadStage, can: 'tenant.update' },
  update: { input: UpdateLeadStage, output: LeadStage, can: 'tenant.update' },
  remove: { input: LeadStageRef, can: 'tenant.update' },
});

export class CreateLeadStatus extends NewLabel {}

export class LeadStatusRef {
  @Uuid()
  statusId!: string;
}

/** Absent fields stay as they are; the key never changes. */
export class UpdateLeadStatus extends ChangedLabel {
  @Uuid()
  statusId!: string;
}

/** How a lead stands, whatever its stage. */
export class LeadStatus extends Label {}

/** All statuses in their order; few enough to need no pages. */
export class LeadStatuses {
  @ListOf(() => LeadStatus, { items: PIPELINE_LABELS_MAX })
  items!: LeadStatus[];
}

export interface LeadStatusesApi {
  list(ctx: Ctx, input: Nothing): Promise<LeadStatuses>;
  create(ctx: Ctx, input: CreateLeadStatus): Promise<LeadStatus>;
  update(ctx: Ctx, input: UpdateLeadStatus): Promise<LeadStatus>;
  remove(ctx: Ctx, input: LeadStatusRef): Promise<void>;
}
export const leadStatusesApi = defineApi<LeadStatusesApi>('leads.statuses', {
  list: { input: Nothing, output: LeadStatuses, can: 'leads.read', idempotent: true },
  create: { input: CreateLeadStatus, output: LeadStatus, can: 'tenant.update' },
  update: { input: UpdateLeadStatus, output: LeadStatus, can: 'tenant.update' },
  remove: { input: LeadStatusRef, can: 'tenant.update' },
});
