import { memberErrors, membersApi, type Member } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { encodeError, errorHeaders, type NatsConnection } from '@leadwire/messaging';

/** The people of teams, as identity knows them: whoever was not added is a stranger. */
export class TeamMembers {
  private readonly userIds = new Set<string>();

  constructor(nats: NatsConnection) {
    nats.subscribe(membersApi.get.subject, {
      callback: (_, msg) => {
        const { userId } = msg.json<{ userId: string }>();
        const unknown = memberErrors.not_found();
        if (this.userIds.has(userId)) msg.respond(JSON.stringify(memberOf(userId)));
        else msg.respond(encodeError(unknown), { headers: errorHeaders(unknown) });
      },
    });
  }

  /** Somebody who joined the team. */
  add(): string {
    const userId = newId();
    this.userIds.add(userId);
    return userId;
  }
}

function memberOf(userId: string): Member {
  return {
    userId,
    email: 'member@example.test',
    firstName: null,
    lastName: null,
    role: 'agent',
    invitedBy: null,
    joinedAt: new Date(0).toISOString(),
    lastSeenAt: null,
  };
}
