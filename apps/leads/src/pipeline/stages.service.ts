import { Inject } from '@nestjs/common';
import {
  leadStagesApi,
  type CreateLeadStage,
  type LeadStage,
  type LeadStageRef,
  type LeadStages,
  type LeadStagesApi,
  type UpdateLeadStage,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { LabelList, type LabelRow } from './label-list.js';
import { STAGES } from './labels.js';

/** The steps of a team's pipeline, in their order. */
@Serves(leadStagesApi)
export class StagesService implements LeadStagesApi {
  private readonly stages: LabelList;

  constructor(@Inject(TenantTransaction) tenant: TenantTransaction) {
    this.stages = new LabelList(tenant, STAGES);
  }

  async list(ctx: Ctx): Promise<LeadStages> {
    return { items: (await this.stages.list(ctx)).map(toStage) };
  }

  /** @throws AppError `lead_stage.duplicate` | `lead_stage.too_many` */
  create(ctx: Ctx, { displayOrder: place, ...stage }: CreateLeadStage): Promise<LeadStage> {
    return this.stages.create(ctx, { ...stage, place }, toStage);
  }

  /** @throws AppError `lead_stage.not_found` */
  update(ctx: Ctx, { stageId, displayOrder: place, ...fields }: UpdateLeadStage): Promise<LeadStage> {
    return this.stages.update(ctx, stageId, { ...fields, place }, toStage);
  }

  /** @throws AppError `lead_stage.not_found` | `lead_stage.in_use` | `lead_stage.last_one` */
  remove(ctx: Ctx, { stageId }: LeadStageRef): Promise<void> {
    return this.stages.remove(ctx, stageId);
  }
}

function toStage({ createdAt, updatedAt, ...row }: LabelRow): LeadStage {
  return { ...row, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
