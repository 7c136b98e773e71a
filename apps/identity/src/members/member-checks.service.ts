import { Inject } from '@nestjs/common';
import {
  memberChecksApi,
  type CheckedMembers,
  type CheckMembers,
  type MemberChecksApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { MEMBERS_AMONG } from './members.queries.js';

/** Says to other services who belongs to a team. */
@Serves(memberChecksApi)
export class MemberChecksService implements MemberChecksApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  async among(ctx: Ctx, { userIds }: CheckMembers): Promise<CheckedMembers> {
    const rows = await this.tenant.read<{ userId: string }>(ctx, MEMBERS_AMONG, [ctx.tenantId, userIds]);
    return { userIds: rows.map(({ userId }) => userId) };
  }
}
