import { member, namesResource, success, type Teams } from './actors.ts';
import { callerOf, Calls, withHeaders } from './calls.ts';
import { faultsOf, type Expectation } from './judge.ts';
import type { Cell } from './matrix.ts';
import { idFieldsOf, type ApiDocument, type Operation } from './openapi.ts';
import { COMMON_NAMES, EXAMPLES, SAME_RESOURCE } from './operation-examples.ts';
import type { Person } from './person.ts';
import { requestOf, send, type Answer, type CallParts, type Request } from './request.ts';
import type { Team } from './team.ts';

type Page = { next?: string | null };
/** What the other team left lying about: its requests with their Idempotency-Keys, its cursors, the place of its events. */
export type Traces = {
  repeats: { operation: Operation; request: Request }[];
  cursors: { operation: Operation; cursor: string }[];
  withoutSecondPage: Operation[];
};
/** One request of the team that acts, with something of the other's in it. */
type Crossing = {
  operation: Operation;
  what: string;
  parts: CallParts;
  expects: Expectation;
  caller?: Person;
};

const KEY = 'idempotency-key';
const CLIENT_ERRORS = Array.from({ length: 100 }, (_, i) => 400 + i);
const REFUSED: Expectation = { statuses: [404], why: "what is another team's does not exist" };
const NOT_FAILED: Expectation = {
  statuses: [200, 201, 202, 204, ...CLIENT_ERRORS],
  why: "another team's id is as unknown as any other",
};
const BAD_CURSOR: Expectation = { statuses: [400], why: 'a cursor is bound to its team' };

/** Requests that name something of another team anywhere but as the one thing that the path is about. */
export class Crossings {
  private readonly api: string;
  private readonly calls: Calls;
  private readonly document: ApiDocument;
  private readonly teams: Teams;

  constructor(api: string, document: ApiDocument, teams: Teams) {
    this.api = api;
    this.document = document;
    this.calls = new Calls(document);
    this.teams = teams;
  }

  /** Lets a team work, and keeps what somebody might pick up from it. Comes before any rows are compared. */
  async tracesOf(team: Team, operations: readonly Operation[]): Promise<Traces> {
    const owner = member('owner', team);
    const traces: Traces = { repeats: [], cursors: [], withoutSecondPage: [] };
    for (const operation of operations.filter(takesKey)) {
      // Why one cannot be called, the matrix says.
      const request = await this.calls.requestFor(operation, owner).catch(() => undefined);
      if (!request) continue;
      request.headers[KEY] = `key-${team.marker}-${operation.id}`;
      await send(this.api, request);
      traces.repeats.push({ operation, request });
    }
    for (const operation of operations.filter(takesCursor)) {
      const cursor = await this.cursorOf(team, operation, await team.owner.headers()).catch(() => undefined);
      if (cursor) traces.cursors.push({ operation, cursor });
      else traces.withoutSecondPage.push(operation);
    }
    return traces;
  }

  private async cursorOf(team: Team, operation: Operation, headers: Record<string, string>) {
    const ids = { ...team.ids, campaignId: team.ids['runningCampaignId'] as string };
    const query = { ...(await EXAMPLES[operation.id]?.query?.(team, ids)), limit: '1' };
    const request = requestOf(operation, { ids, query, headers });
    return (JSON.parse((await send(this.api, request)).text) as Page).next;
  }

  /** Every crossing of every operation, tried by the owner of the team that acts. */
  async run(
    operations: readonly Operation[],
    traces: Traces,
    leaksIn: (answer: Answer) => string[],
  ): Promise<Cell[]> {
    const cells = traces.withoutSecondPage
      .filter(({ id }) => !EXAMPLES[id]?.onePage)
      .map((operation) => untried(operation, 'cursor', 'the example team has no second page of it'));
    for (const operation of operations) {
      try {
        for (const crossing of await this.crossingsOf(operation))
          cells.push(await this.cellOf(crossing, await this.requestOf(crossing), leaksIn));
      } catch (error) {
        cells.push(untried(operation, 'foreign ids', String(error)));
      }
    }
    for (const { operation, cursor } of traces.cursors) {
      const { home } = this.teams;
      const query = { ...(await EXAMPLES[operation.id]?.query?.(home, home.ids)), limit: '1', cursor };
      const parts = { ids: home.ids, query };
      const crossing = { operation, what: 'cursor', parts, expects: BAD_CURSOR };
      cells.push(await this.cellOf(crossing, await this.requestOf(crossing), leaksIn));
    }
    for (const { operation, request } of traces.repeats)
      cells.push(await this.repeat(operation, request, leaksIn));
    return cells;
  }

  private async crossingsOf(operation: Operation): Promise<Crossing[]> {
    if (operation.capability === 'public') return [];
    const { home } = this.teams;
    const crossings: Crossing[] = [];
    const cross = async (
      what: string,
      expects: Expectation,
      change: (parts: CallParts) => CallParts,
    ): Promise<void> => {
      const owner = { person: home.owner, role: 'owner' } as const;
      const { team, caller } = await callerOf(operation, home, owner);
      const ids = await this.calls.freshIds(operation, team, caller);
      const parts = change(await this.calls.partsFor(operation, team, ids, caller));
      crossings.push({ operation, what, parts, expects, caller });
    };
    for (const names of mixesOf(operation)) {
      const foreign = Object.fromEntries(names.map((name) => [name, this.foreignIdFor(operation, [name])]));
      await cross(`{${names.join(', ')}}`, REFUSED, (parts) => ({
        ...parts,
        ids: { ...parts.ids, ...foreign },
      }));
    }
    for (const pointer of idFieldsOf(operation.body, this.document)) {
      const id = this.foreignIdFor(operation, pointer);
      await cross(`body /${pointer.join('/')}`, NOT_FAILED, (parts) => ({
        ...parts,
        body: withValue(parts.body ?? {}, pointer, id),
      }));
    }
    // Among one's own, where a service might look at the first only.
    for (const pointer of idFieldsOf(operation.body, this.document).filter((place) => place.includes('0'))) {
      const id = this.foreignIdFor(operation, pointer);
      const place = pointer.with(pointer.indexOf('0'), '1');
      await cross(`body /${place.join('/')}`, NOT_FAILED, (parts) => ({
        ...parts,
        body: withValue(withOwn(parts.body ?? {}, pointer, home.ids), place, id),
      }));
    }
    for (const { name } of operation.queryParameters.filter(({ schema }) => schema?.format === 'uuid')) {
      const id = this.foreignIdFor(operation, [name]);
      await cross(`?${name}`, NOT_FAILED, (parts) => ({ ...parts, query: { ...parts.query, [name]: id } }));
    }
    return crossings;
  }

  private async requestOf({ operation, parts, caller }: Crossing): Promise<Request> {
    const headers = await (caller ?? this.teams.home.owner).headers();
    return requestOf(operation, withHeaders(parts, headers));
  }

  // The other team's own request, key and body to the letter, under our session.
  private async repeat(
    operation: Operation,
    { body, target, method, headers }: Request,
    leaksIn: (answer: Answer) => string[],
  ): Promise<Cell> {
    const mine = { ...headers, ...(await this.teams.home.owner.headers()) };
    const expects = EXAMPLES[operation.id]?.alone
      ? NOT_FAILED
      : namesResource(operation)
        ? REFUSED
        : success(operation);
    const request = { method, target, headers: mine, ...(body === undefined ? {} : { body }) };
    const parts = { ids: {} };
    return this.cellOf({ operation, what: 'Idempotency-Key', parts, expects }, request, leaksIn);
  }

  private async cellOf(
    { operation, what, expects }: Crossing,
    request: Request,
    leaksIn: (answer: Answer) => string[],
  ): Promise<Cell> {
    const answer = await send(this.api, request, operation.streams);
    const violations = [...faultsOf(answer, expects), ...leaksIn(answer)];
    return { operation: operation.id, actor: what, status: answer.status, violations };
  }

  /** @throws Error when nobody has said what the id of this name means */
  private foreignIdFor(operation: Operation, pointer: string[]): string {
    const name = pointer.findLast((part) => !/^\d+$/.test(part)) ?? '';
    const id = this.teams.victim.ids[SAME_RESOURCE[name] ?? name];
    if (!id)
      throw new Error(
        `${operation.id} takes an id as ${name}: add it to RESOURCES or SAME_RESOURCE of operation-examples.ts.`,
      );
    return id;
  }
}

const takesKey = ({ headerParameters }: Operation): boolean =>
  headerParameters.some((name) => name.toLowerCase() === KEY);
const takesCursor = ({ method, queryParameters }: Operation): boolean =>
  method === 'GET' && queryParameters.some(({ name }) => name === 'cursor');
const untried = ({ id }: Operation, actor: string, why: string): Cell => ({
  operation: id,
  actor,
  status: 0,
  violations: [`could not be tried: ${why}`],
});

/** Every way to mix own and foreign ids in one path; all own is no crossing, all foreign is in the matrix. */
function mixesOf({ pathParameters }: Operation): string[][] {
  const names = pathParameters.map(({ name }) => name).filter((name) => !COMMON_NAMES.includes(name));
  const mixes: string[][] = [];
  for (let bits = 1; bits < 2 ** names.length - 1; bits++)
    mixes.push(names.filter((_, i) => bits & (1 << i)));
  return mixes;
}

/** A copy of `body` with `value` where `pointer` says; what is missing on the way is made. */
export function withValue(body: unknown, pointer: readonly string[], value: unknown): unknown {
  const [name, ...rest] = pointer;
  if (name === undefined) return value;
  if (/^\d+$/.test(name)) {
    const list = Array.isArray(body) ? [...(body as unknown[])] : [];
    list[Number(name)] = withValue(list[Number(name)], rest, value);
    return list;
  }
  const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return { ...object, [name]: withValue(object[name], rest, value) };
}

/** The body with something of its own team where `pointer` says, unless there is something already. */
function withOwn(body: unknown, pointer: readonly string[], ids: Record<string, string>): unknown {
  const there = pointer.reduce<unknown>(
    (value, part) => (value as Record<string, unknown> | undefined)?.[part],
    body,
  );
  if (there !== undefined) return body;
  const name = pointer.findLast((part) => !/^\d+$/.test(part)) ?? '';
  return withValue(body, pointer, ids[SAME_RESOURCE[name] ?? name]);
}
