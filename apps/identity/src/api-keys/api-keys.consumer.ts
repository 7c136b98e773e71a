import { Inject } from '@nestjs/common';
import { ApiKeyRevoked, MembershipRemoved, type EventOf } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { REVOKE_KEYS_OF_MEMBER } from './api-keys.queries.js';

/**
 * Ends the keys of whoever leaves for good. They are refused from the moment of leaving, because a key needs a member; this
 * keeps them dead when the person comes back.
 */
@Consumes('identity__api-keys')
export class ApiKeysConsumer {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  @On(MembershipRemoved)
  async membershipRemoved(
    { data, occurredAt }: EventOf<typeof MembershipRemoved>,
    db: TenantDb,
  ): Promise<void> {
    const reason = 'member-removed';
    const revoked = await db.query<{ id: string }>(REVOKE_KEYS_OF_MEMBER, [
      db.tenantId,
      data.userId,
      this.clock.now(),
      reason,
      occurredAt,
    ]);
    for (const { id } of revoked) db.emit(ApiKeyRevoked, id, { userId: data.userId, reason });
  }
}
