import { Injectable } from '@nestjs/common';
import { membersApi, type MembersApi } from '@leadwire/contracts';
import { AppError, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';

/** Who leads may be given to: people of the caller's team, which identity knows. */
@Injectable()
export class Assignees {
  constructor(@Client(membersApi) private readonly members: MembersApi) {}

  /**
   * Takes the caller, nobody, and members of the team. Asks as the system: whoever may assign need not be allowed to see people.
   * @throws AppError `request.invalid` for anybody else | `request.unavailable` while identity is away
   */
  async require(ctx: Ctx, userId: string | null | undefined): Promise<void> {
    if (!userId || userId === ctx.userId) return;
    const { requestId, traceparent, deadline } = ctx;
    try {
      await this.members.get(systemCtx(ctx.tenantId, { requestId, traceparent, deadline }), { userId });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'member.not_found') throw error;
      const detail = 'must be a member of the team';
      throw requestErrors.invalid({ errors: [{ pointer: '/assignedUserId', code: 'member', detail }] });
    }
  }
}
