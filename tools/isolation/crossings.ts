import { member, namesResource, success, type Teams } from './actors.ts';
import { callerOf, Calls, withHeaders } from './calls.ts';
import { faultsOf, otherFaults, type Expectation } from './judge.ts';
import type { Cell } from './matrix.ts';
import { idFieldsOf, type ApiDocument, type Operation } from './openapi.ts';
import { COMMON_NAMES, EXAMPLES, SAME_RESOURCE } from './operation-examples.ts';
import { LOG_IN_HANDLE, LogInProvider } from './log-in-provider.ts';
import type { Person } from './person.ts';
import { comeBack, plantInvitation } from './planted.ts';
import { nameAt, twice, withValue } from './pointers.ts';
import { requestOf, send, type Answer, type CallParts, type Request } from './request.ts';
import { changed, type Rows } from './rows.ts';
import { newcomer, type Team } from './team.ts';

type Page = { next?: string | null };
/** What the other team left lying about: its requests with their Idempotency-Keys, its cursors, the place of its events. */
export type Traces = {
  repeats: { operation: Operation; request: Request }[];
  cursors: { operation: Operation; cursor: string }[];
  withoutSecondPage: Operation[];
  /** Of an invitation that nobody has answered. */
  invitationToken: string;
};
/** One request of the team that acts, with something of the other's in it. */
type Crossing = {
  operation: Operation;
  what: string;
  parts: CallParts;
  expects: Expectation;
  caller?: Person;
  /** What of the other team it names: nobody here may keep it, however the answer reads. */
  foreign?: string[];
  /** Where in the body it stands: a 400 that speaks of something else was no answer to it. */
  at?: string[];
};
/** What is looked at around every answer. */
export type Watch = {
  /** What an answer shows of the other team. */
  leaksIn: (answer: Answer) => string[];
  /** What of an answer is not as documented. */
  documentFaults: (operation: Operation, answer: Answer) => string[];
  victimRows: Rows;
  homeRows: Rows;
};

const KEY = 'idempotency-key';
const CLIENT_ERRORS = Array.from({ length: 100 }, (_, i) => 400 + i);
const REFUSED: Expectation = { statuses: [404], why: "what is another team's does not exist" };
const NOT_FAILED: Expectation = {
  statuses: [200, 201, 202, 204, ...CLIENT_ERRORS],
  why: "another team's id is as unknown as any other",
};
const NOT_A_MEMBER: Expectation = { statuses: [403], why: 'the credentials are of nobody in that team' };
const OTHER_ADDRESS: Expectation = { statuses: [403], why: 'the invitation is for another address' };
/** Says which team before it says who: what comes of that is tried to its end by {@link Crossings.logInElsewhere}. */
const BEGINS_LOG_IN = 'identity.oidc.start';
const ACCEPT = 'identity.invitees.accept';
const COMPLETE_LOG_IN = 'identity.oidc.complete';
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
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
    const invitationToken = await plantInvitation(team, `invited-${crypto.randomUUID()}@example.test`);
    const traces: Traces = { repeats: [], cursors: [], withoutSecondPage: [], invitationToken };
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
  async run(operations: readonly Operation[], traces: Traces, watch: Watch): Promise<Cell[]> {
    const cells = traces.withoutSecondPage
      .filter(({ id }) => !EXAMPLES[id]?.onePage)
      .map((operation) => untried(operation, 'cursor', 'the example team has no second page of it'));
    for (const operation of operations) cells.push(...(await this.cross(operation, traces, watch)));
    for (const { operation, cursor } of traces.cursors) {
      const { home } = this.teams;
      const query = { ...(await EXAMPLES[operation.id]?.query?.(home, home.ids)), limit: '1', cursor };
      const parts = { ids: home.ids, query };
      const crossing = { operation, what: 'cursor', parts, expects: BAD_CURSOR };
      cells.push(await this.cellOf(crossing, await this.requestOf(crossing), watch));
    }
    for (const { operation, request } of traces.repeats)
      cells.push(await this.repeat(operation, request, watch));
    return cells;
  }

  // After each operation, the rows of the other team must be what they were.
  private async cross(operation: Operation, traces: Traces, watch: Watch): Promise<Cell[]> {
    const cells: Cell[] = [];
    try {
      const crossings = [
        ...(await this.crossingsOf(operation)),
        ...(await this.secretsOf(operation, traces)),
      ];
      if (crossings.length === 0) return [];
      const before = await watch.victimRows.snapshot();
      for (const crossing of crossings)
        cells.push(await this.cellOf(crossing, await this.requestOf(crossing), watch));
      const tables = changed(before, await watch.victimRows.snapshot());
      if (tables.length > 0)
        cells.push(
          failed(operation, 'foreign ids', `changed rows of the other team in ${tables.join(', ')}`),
        );
    } catch (error) {
      cells.push(untried(operation, 'foreign ids', String(error)));
    }
    return cells;
  }

  private async crossingsOf(operation: Operation): Promise<Crossing[]> {
    const { home } = this.teams;
    const isPublic = operation.capability === 'public';
    const expects = !isPublic
      ? NOT_FAILED
      : operation.id === BEGINS_LOG_IN
        ? success(operation)
        : NOT_A_MEMBER;
    const crossings: Crossing[] = [];
    const cross = async (
      what: string,
      crossing: Pick<Crossing, 'expects' | 'foreign' | 'at'>,
      change: (parts: CallParts) => CallParts,
    ): Promise<void> => {
      const owner = { person: home.owner, role: 'owner' } as const;
      const { team, caller } = await callerOf(operation, home, owner);
      const ids = await this.calls.freshIds(operation, team, caller);
      const parts = change(await this.calls.partsFor(operation, team, ids, caller));
      crossings.push({ operation, what, parts, caller, ...crossing });
    };
    for (const names of isPublic ? [] : mixesOf(operation)) {
      const foreign = Object.fromEntries(names.map((name) => [name, this.foreignIdFor(operation, [name])]));
      await cross(`{${names.join(', ')}}`, { expects: REFUSED }, (parts) => ({
        ...parts,
        ids: { ...parts.ids, ...foreign },
      }));
    }
    for (const pointer of idFieldsOf(operation.body, this.document)) {
      const id = this.foreignIdFor(operation, pointer);
      await cross(`body /${pointer.join('/')}`, { expects, foreign: [id], at: pointer }, (parts) => ({
        ...parts,
        body: withValue(parts.body ?? {}, pointer, id),
      }));
    }
    // Among one's own, where a service might look at the first only.
    for (const pointer of idFieldsOf(operation.body, this.document).filter((place) => place.includes('0'))) {
      const id = this.foreignIdFor(operation, pointer);
      const own = home.ids[resourceAt(pointer)];
      const place = pointer.with(pointer.indexOf('0'), '1');
      await cross(`body /${place.join('/')}`, { expects, foreign: [id], at: place }, (parts) => ({
        ...parts,
        body: withValue(twice(parts.body ?? {}, pointer, own), place, id),
      }));
    }
    for (const { name } of operation.queryParameters.filter(({ schema }) => schema?.format === 'uuid')) {
      const id = this.foreignIdFor(operation, [name]);
      await cross(`?${name}`, { expects, foreign: [id] }, (parts) => ({
        ...parts,
        query: { ...parts.query, [name]: id },
      }));
    }
    return crossings;
  }

  /** What the other team has given away, or could have been talked into, where no id in a request says so. */
  private async secretsOf(operation: Operation, { invitationToken }: Traces): Promise<Crossing[]> {
    const { home } = this.teams;
    const parts = (body: unknown): CallParts => ({ ids: home.ids, body });
    if (operation.id === ACCEPT) {
      const body = { token: invitationToken };
      return [{ operation, what: "another's invitation", parts: parts(body), expects: OTHER_ADDRESS }];
    }
    return operation.id === COMPLETE_LOG_IN ? [await this.logInElsewhere(operation)] : [];
  }

  /** A log-in with a provider that was begun for the other team. */
  private async logInElsewhere(operation: Operation): Promise<Crossing> {
    const { home, victim } = this.teams;
    const person = await newcomer(home);
    const { tenantId } = victim;
    const brought = await comeBack(home, person, { callback: 'page', tenantId });
    const body = { ...brought, provider: LogInProvider.key, handle: LOG_IN_HANDLE };
    const what = 'tenantId of the start';
    return {
      operation,
      what,
      parts: { ids: {}, body },
      expects: NOT_A_MEMBER,
      caller: person,
      foreign: [tenantId],
    };
  }

  private async requestOf({ operation, parts, caller }: Crossing): Promise<Request> {
    const headers = await (caller ?? this.teams.home.owner).headers();
    return requestOf(operation, withHeaders(parts, headers));
  }

  // The other team's own request, key and body to the letter, under our session.
  private async repeat(
    operation: Operation,
    { body, target, method, headers }: Request,
    watch: Watch,
  ): Promise<Cell> {
    const mine = { ...headers, ...(await this.teams.home.owner.headers()) };
    const expects = EXAMPLES[operation.id]?.alone
      ? NOT_FAILED
      : namesResource(operation)
        ? REFUSED
        : success(operation);
    const request = { method, target, headers: mine, ...(body === undefined ? {} : { body }) };
    const foreign = typeof body === 'string' ? [...new Set(body.match(UUID))] : [];
    const crossing = { operation, what: 'Idempotency-Key', parts: { ids: {} }, expects, foreign };
    return this.cellOf(crossing, request, watch);
  }

  private async cellOf(crossing: Crossing, request: Request, watch: Watch): Promise<Cell> {
    const { operation, what, expects, foreign = [], at, caller } = crossing;
    const answer = await send(this.api, request, operation.streams);
    const isTaken = answer.status < 300 && foreign.length > 0;
    const keepers = isTaken ? await watch.homeRows.holding(foreign, caller) : [];
    const violations = new Set([
      ...faultsOf(answer, expects),
      ...watch.documentFaults(operation, answer),
      ...watch.leaksIn(answer),
      ...(at ? otherFaults(answer, at) : []),
      ...(keepers.length > 0 ? [`keeps what is another team's in ${keepers.join(', ')}`] : []),
    ]);
    return { operation: operation.id, actor: what, status: answer.status, violations: [...violations] };
  }

  /** @throws Error when nobody has said what the id of this name means */
  private foreignIdFor(operation: Operation, pointer: string[]): string {
    const id = this.teams.victim.ids[resourceAt(pointer)];
    if (!id)
      throw new Error(
        `${operation.id} takes an id as ${nameAt(pointer)}: add it to RESOURCES or SAME_RESOURCE of operation-examples.ts.`,
      );
    return id;
  }
}

/** Whose ids a field at a pointer takes. */
function resourceAt(pointer: readonly string[]): string {
  const name = nameAt(pointer);
  return SAME_RESOURCE[name] ?? name;
}

const takesKey = ({ headerParameters }: Operation): boolean =>
  headerParameters.some((name) => name.toLowerCase() === KEY);
const takesCursor = ({ method, queryParameters }: Operation): boolean =>
  method === 'GET' && queryParameters.some(({ name }) => name === 'cursor');
const failed = ({ id }: Operation, actor: string, violation: string): Cell => ({
  operation: id,
  actor,
  status: 0,
  violations: [violation],
});
const untried = (operation: Operation, actor: string, why: string): Cell =>
  failed(operation, actor, `could not be tried: ${why}`);

/** Every way to mix own and foreign ids in one path; all own is no crossing, all foreign is in the matrix. */
function mixesOf({ pathParameters }: Operation): string[][] {
  const names = pathParameters.map(({ name }) => name).filter((name) => !COMMON_NAMES.includes(name));
  const mixes: string[][] = [];
  for (let bits = 1; bits < 2 ** names.length - 1; bits++)
    mixes.push(names.filter((_, i) => bits & (1 << i)));
  return mixes;
}
