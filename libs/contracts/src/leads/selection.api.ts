import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Int, ListOf, Nested, Text, Uuid, UuidList } from '../define/fields.js';
import type { Page } from '../define/page.js';
import { LeadSnapshot } from './events.js';
import { LeadFilter } from './lead-filter.js';

export const SELECTION_LIMIT_MAX = 500;

/** Asks for the leads that a filter means, oldest first, page by page: how a campaign finds whom to enrol. */
export class ResolveLeads {
  @Nested(() => LeadFilter, { optional: true, description: 'Every lead that is not archived unless told.' })
  filter?: LeadFilter;

  @UuidList({ optional: true, items: 1000, description: 'Only these, of those that the filter means.' })
  leadIds?: string[];

  @Bool({ optional: true, description: 'Leave out leads without an e-mail address.' })
  withEmail?: boolean;

  @Int({
    min: 1,
    max: SELECTION_LIMIT_MAX,
    optional: true,
    description: 'Items per page; 500 unless told. Fewer come when they are large.',
  })
  limit?: number;

  @Text({
    max: 1024,
    optional: true,
    description: 'The `next` of the previous page; bound to the same question.',
  })
  cursor?: string;
}

/** A lead as others may keep it; an event of a higher version is newer. */
export class SelectedLead {
  @Uuid()
  leadId!: string;

  @Int()
  version!: number;

  @Nested(() => LeadSnapshot)
  lead!: LeadSnapshot;
}

export class SelectedLeads implements Page<SelectedLead> {
  @ListOf(() => SelectedLead, { items: SELECTION_LIMIT_MAX })
  items!: SelectedLead[];

  @Text({ max: 1024, nullable: true, description: 'Pass it as `cursor` to read on; null at the end.' })
  next!: string | null;
}

export interface LeadSelectionApi {
  resolve(ctx: Ctx, input: ResolveLeads): Promise<Page<SelectedLead>>;
}
export const leadSelectionApi = defineApi<LeadSelectionApi>('leads.selection', {
  resolve: { input: ResolveLeads, output: SelectedLeads, can: 'leads.read', idempotent: true },
});
