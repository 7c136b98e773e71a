import { Inject, Injectable } from '@nestjs/common';
import { TeamMembers } from '@leadwire/entitlements';
import { requestErrors, type Ctx } from '@leadwire/kernel';

/** Who leads may be given to: people of the caller's team. */
@Injectable()
export class Assignees {
  constructor(@Inject(TeamMembers) private readonly members: TeamMembers) {}

  /** @throws AppError `request.invalid` for a stranger | `request.unavailable` while identity is away */
  async require(ctx: Ctx, userId: string | null | undefined): Promise<void> {
    if (!userId || (await this.members.strangersAmong(ctx, [userId])).size === 0) return;
    const detail = 'must be a member of the team';
    throw requestErrors.invalid({ errors: [{ pointer: '/assignedUserId', code: 'member', detail }] });
  }
}
