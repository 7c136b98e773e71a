import { Inject } from '@nestjs/common';
import {
  leadErrors,
  leadTimelineApi,
  type LeadTimelineApi,
  type LeadTimelineEntry,
  type ListLeadTimeline,
  type Page,
  type TimelineKind,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { timelinePage } from './timeline.queries.js';

type EntryRow = {
  id: string;
  kind: TimelineKind;
  occurredAt: Date;
  position: string;
  userId: string | null;
  data: Record<string, unknown>;
};

/** Everything that happened to one lead, whichever service it happened in. */
@Serves(leadTimelineApi)
export class TimelineService implements LeadTimelineApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  /** Newest first. @throws AppError `lead.not_found` */
  async list(ctx: Ctx, input: ListLeadTimeline): Promise<Page<LeadTimelineEntry>> {
    const { after, limit } = this.cursors.read(ctx, leadTimelineApi.name, input);
    const params = [ctx.tenantId, input.leadId, limit + 1, ...(after ?? [])];
    const rows = await this.tenant.read<EntryRow>(ctx, timelinePage(after !== undefined), params);
    // Its creation alone is an entry, and a cursor is only given where more follow.
    if (rows.length === 0) throw leadErrors.not_found();
    return this.cursors.page(
      ctx,
      leadTimelineApi.name,
      input,
      rows,
      ({ position, id }) => [position, id],
      toEntry,
    );
  }
}

function toEntry({ id, kind, occurredAt, userId, data }: EntryRow): LeadTimelineEntry {
  return { id, kind, occurredAt: occurredAt.toISOString(), userId, data };
}
