import { Injectable } from '@nestjs/common';
import type { TenantDb } from '@leadwire/persistence';

const WAKE = `
  INSERT INTO tenant_schedule AS s (tenant_id, next_due_at)
  VALUES ($1, $2)
  ON CONFLICT (tenant_id) DO UPDATE SET next_due_at = EXCLUDED.next_due_at
  WHERE s.next_due_at > EXCLUDED.next_due_at`;

/**
 * When each tenant next has something to do. Whoever makes work due wakes its tenant in the same transaction, so no wake-up
 * is ever lost; the scheduler of this process is told at once, those of other replicas notice at their next look.
 */
@Injectable()
export class Schedule {
  private listener: () => void = () => undefined;

  /** Has the tenant looked at no later than `at`; never moves a look that is already due earlier. */
  async wake(db: TenantDb, at: Date): Promise<void> {
    await db.execute(WAKE, [db.tenantId, at]);
    this.nudge();
  }

  /** Looks soon: commits are seen by the look after the next at the latest. */
  nudge(): void {
    this.listener();
  }

  onNudge(listener: () => void): void {
    this.listener = listener;
  }
}
