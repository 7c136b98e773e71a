import { Injectable } from '@nestjs/common';
import { MEMBERS_CHECKED_MAX, memberChecksApi, type MemberChecksApi } from '@leadwire/contracts';
import { assert, systemCtx, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';

/** Tells the people of the caller's team from strangers, for services that store that something concerns somebody. */
@Injectable()
export class TeamMembers {
  constructor(@Client(memberChecksApi) private readonly identity: MemberChecksApi) {}

  /**
   * Those who are not of the team; at most {@link MEMBERS_CHECKED_MAX} at once. The caller is one of it. Asks as the system: whoever may
   * name people need not be allowed to see them.
   * @throws AppError `request.unavailable` | `request.timeout` while identity is away
   */
  async strangersAmong(ctx: Ctx, userIds: Iterable<string>): Promise<ReadonlySet<string>> {
    const others = new Set(userIds);
    if (ctx.userId) others.delete(ctx.userId);
    if (others.size === 0) return others;
    assert(others.size <= MEMBERS_CHECKED_MAX, `at most ${MEMBERS_CHECKED_MAX} people at once`);
    const { requestId, traceparent, deadline } = ctx;
    const system = systemCtx(ctx.tenantId, { requestId, traceparent, deadline });
    const { userIds: members } = await this.identity.among(system, { userIds: [...others] });
    for (const member of members) others.delete(member);
    return others;
  }
}
