import type { Actor } from './actors.ts';
import { sample, type ApiDocument, type Operation } from './openapi.ts';
import { EXAMPLES, RESOURCES, type MakeResource } from './operation-examples.ts';
import { requestOf, type CallParts, type Request } from './request.ts';
import type { Person } from './person.ts';
import { newMember, newTeam, type Team } from './team.ts';
import type { Role } from '@leadwire/contracts';

/** Makes the requests that operations are called with, from their schemas and examples. */
export class Calls {
  private readonly document: ApiDocument;

  constructor(document: ApiDocument) {
    this.document = document;
  }

  /** What a request says that succeeds for whoever may, in the words of `team`, about `ids`. */
  async partsFor(
    operation: Operation,
    team: Team,
    ids: Record<string, string>,
    caller: Person,
  ): Promise<CallParts> {
    const example = EXAMPLES[operation.id];
    const body = example?.body
      ? await example.body(team, ids, caller)
      : operation.body && operation.bodyRequired
        ? sample(operation.body, this.document)
        : undefined;
    return {
      ids,
      body,
      query: await example?.query?.(team, ids),
      form: example?.form?.(team),
      headers: example?.headers?.(team, body),
    };
  }

  /**
   * What one actor sends. Whoever may change something gets resources made for this one call, so that the next finds all as it was.
   */
  async requestFor(operation: Operation, actor: Actor): Promise<Request> {
    const { author, signedIn, headers } = actor;
    if (!signedIn) {
      const parts = await this.partsFor(operation, author, actor.target.ids, author.owner);
      return requestOf(operation, withHeaders(parts, headers));
    }
    const refused = actor.expects(operation).statuses.every((status) => status === 403);
    const { team, caller } = refused
      ? { team: author, caller: signedIn.person }
      : await callerOf(operation, author, signedIn);
    const { target } = actor;
    // Whoever is let through may use up what they name; nobody else gets that far.
    const ids = target === author && !refused ? await this.freshIds(operation, team, caller) : target.ids;
    const parts = await this.partsFor(operation, team, ids, caller);
    return requestOf(operation, withHeaders(parts, await caller.headers()));
  }

  /** Ids of resources that this call may use up. */
  async freshIds(operation: Operation, team: Team, caller: Person): Promise<Record<string, string>> {
    const special = EXAMPLES[operation.id]?.resources ?? {};
    if (operation.method === 'GET' && Object.keys(special).length === 0) return team.ids;
    const ids = { ...team.ids };
    for (const { name } of operation.pathParameters) {
      const make: MakeResource | undefined = special[name] ?? RESOURCES[name];
      if (!make) throw new Error(`${operation.id}: there is no example of {${name}}.`);
      ids[name] = await make(team, ids, caller);
    }
    return ids;
  }
}

/** What is sent by whoever shows `headers`. */
export function withHeaders(parts: CallParts, headers: Record<string, string>): CallParts {
  return { ...parts, headers: { ...parts.headers, ...headers } };
}

/** Who calls, and in which team: somebody new where the operation would be the end of whoever calls it. */
export async function callerOf(
  { id }: Operation,
  team: Team,
  { person, role }: { person: Person; role: Role },
): Promise<{ team: Team; caller: Person }> {
  const name = `${role}-${crypto.randomUUID()}`;
  switch (EXAMPLES[id]?.alone) {
    case 'person':
      return { team, caller: await newMember(team, role, name) };
    case 'team': {
      const own = await newTeam(team.world, `${team.marker}-${crypto.randomUUID()}`);
      return { team: { ...own, ids: { ...team.ids, tenantId: own.tenantId } }, caller: own.members[role] };
    }
    default:
      return { team, caller: person };
  }
}
