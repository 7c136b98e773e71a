import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { UuidList } from '../define/fields.js';

/** People asked about at once: a batch of whatever names them. */
export const MEMBERS_CHECKED_MAX = 500;

export class CheckMembers {
  @UuidList({ items: MEMBERS_CHECKED_MAX, min: 1 })
  userIds!: string[];
}

export class CheckedMembers {
  @UuidList({ items: MEMBERS_CHECKED_MAX, description: 'Those of them who belong to the team.' })
  userIds!: string[];
}

/** What services ask before they store that something concerns somebody; no route leads here. */
export interface MemberChecksApi {
  among(ctx: Ctx, input: CheckMembers): Promise<CheckedMembers>;
}
export const memberChecksApi = defineApi<MemberChecksApi>('identity.member-checks', {
  among: { input: CheckMembers, output: CheckedMembers, can: 'system', idempotent: true },
});
