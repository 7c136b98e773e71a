import { Inject } from '@nestjs/common';
import {
  leadStatusesApi,
  type CreateLeadStatus,
  type LeadStatus,
  type LeadStatuses,
  type LeadStatusesApi,
  type LeadStatusRef,
  type UpdateLeadStatus,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { LabelList, type LabelRow } from './label-list.js';
import { STATUSES } from './labels.js';

/** How leads of a team can stand, in their order. */
@Serves(leadStatusesApi)
export class StatusesService implements LeadStatusesApi {
  private readonly statuses: LabelList;

  constructor(@Inject(TenantTransaction) tenant: TenantTransaction) {
    this.statuses = new LabelList(tenant, STATUSES);
  }

  async list(ctx: Ctx): Promise<LeadStatuses> {
    return { items: (await this.statuses.list(ctx)).map(toStatus) };
  }

  /** @throws AppError `lead_status.duplicate` | `lead_status.too_many` */
  create(ctx: Ctx, { displayOrder: place, ...status }: CreateLeadStatus): Promise<LeadStatus> {
    return this.statuses.create(ctx, { ...status, place }, toStatus);
  }

  /** @throws AppError `lead_status.not_found` */
  update(ctx: Ctx, { statusId, displayOrder: place, ...fields }: UpdateLeadStatus): Promise<LeadStatus> {
    return this.statuses.update(ctx, statusId, { ...fields, place }, toStatus);
  }

  /** @throws AppError `lead_status.not_found` | `lead_status.in_use` | `lead_status.last_one` */
  remove(ctx: Ctx, { statusId }: LeadStatusRef): Promise<void> {
    return this.statuses.remove(ctx, statusId);
  }
}

function toStatus({ createdAt, updatedAt, description: _, ...row }: LabelRow): LeadStatus {
  return { ...row, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
