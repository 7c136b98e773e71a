import { Inject } from '@nestjs/common';
import {
  leadSelectionApi,
  SELECTION_LIMIT_MAX,
  type LeadSelectionApi,
  type Page,
  type ResolveLeads,
  type SelectedLead,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import { filterConditions, leadBytes } from './lead-list.js';
import { LEAD_COLUMNS, snapshotOf, type LeadRow } from './lead-row.js';
import { fitting } from './page-size.js';

/** Which leads a filter means right now, for those who act on them. */
@Serves(leadSelectionApi)
export class SelectionService implements LeadSelectionApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  /** Oldest first, so that leads added while somebody pages come at the end. */
  async resolve(ctx: Ctx, input: ResolveLeads): Promise<Page<SelectedLead>> {
    const asked = { ...input, limit: input.limit ?? SELECTION_LIMIT_MAX };
    const { after, limit } = this.cursors.read(ctx, leadSelectionApi.name, asked);
    const conditions = filterConditions(ctx.tenantId, input.filter ?? {});
    if (input.leadIds) conditions.add('id = ANY (?::uuid[])', input.leadIds);
    if (input.withEmail) conditions.add('email IS NOT NULL');
    if (after) conditions.add('id > ?::uuid', after[0]);
    const sql = `
  SELECT ${LEAD_COLUMNS}
  FROM leads
  WHERE ${conditions.sql}
  ORDER BY id
  LIMIT ${limit + 1}`;
    const rows = await this.tenant.read<LeadRow>(ctx, sql, conditions.values);
    const page = { ...input, limit: fitting(rows, limit, leadBytes) };
    return this.cursors.page(ctx, leadSelectionApi.name, page, rows, ({ id }) => [id], toSelected);
  }
}

function toSelected(row: LeadRow): SelectedLead {
  return { leadId: row.id, version: Number(row.version), lead: snapshotOf(row) };
}
