import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { JsonObject, OneOf, Timestamp, Uuid } from '../define/fields.js';
import { PageRequest, pageOf, type Page } from '../define/page.js';

/** What a timeline can show. */
export const TIMELINE_KINDS = [
  'created',
  'stage-changed',
  'status-changed',
  'assigned',
  'archived',
  'unarchived',
  'note-added',
  'email-sent',
  'email-failed',
  'campaign-ended',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

export class ListLeadTimeline extends PageRequest {
  @Uuid()
  leadId!: string;
}

/** Something that happened to a lead. */
export class LeadTimelineEntry {
  @Uuid()
  id!: string;

  @OneOf(TIMELINE_KINDS)
  kind!: TimelineKind;

  @Timestamp()
  occurredAt!: string;

  @Uuid({ nullable: true, description: 'Who did it; null for the system.' })
  userId!: string | null;

  @JsonObject({
    description: 'By kind: source and importId, from and to, noteId, campaignId, subject, reason, …',
  })
  data!: Record<string, unknown>;
}

export interface LeadTimelineApi {
  list(ctx: Ctx, input: ListLeadTimeline): Promise<Page<LeadTimelineEntry>>;
}
export const leadTimelineApi = defineApi<LeadTimelineApi>('leads.timeline', {
  list: { input: ListLeadTimeline, output: pageOf(LeadTimelineEntry), can: 'leads.read', idempotent: true },
});
