import { memberChecksApi } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import type { NatsConnection } from '@leadwire/messaging';

/** What identity says about people, for services that are tested without it: everybody is of every team but strangers. */
export class TestMembers {
  private readonly strangers = new Set<string>();

  constructor(private readonly nats: NatsConnection) {}

  serve(): void {
    this.nats.subscribe(memberChecksApi.among.subject, {
      queue: 'identity',
      callback: (_, msg) => {
        const { userIds } = msg.json<{ userIds: string[] }>();
        const members = userIds.filter((userId) => !this.strangers.has(userId));
        msg.respond(JSON.stringify({ userIds: members }));
      },
    });
  }

  /** Somebody who is in no team, from the first or from now on. */
  stranger(userId = newId()): string {
    this.strangers.add(userId);
    return userId;
  }
}
