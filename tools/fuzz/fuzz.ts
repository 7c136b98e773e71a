import fc from 'fast-check';
import pg from 'pg';
import { member } from '../isolation/actors.ts';
import { callerOf, Calls } from '../isolation/calls.ts';
import {
  documentOf,
  JSON_TYPE,
  operationsOf,
  type ApiDocument,
  type Operation,
} from '../isolation/openapi.ts';
import type { LogInProvider } from '../isolation/log-in-provider.ts';
import { EXAMPLES, SAME_RESOURCE } from '../isolation/operation-examples.ts';
import type { Person } from '../isolation/person.ts';
import { requestOf, send, type Answer, type Request } from '../isolation/request.ts';
import { proofWorldOf } from '../isolation/proof.ts';
import { Rows } from '../isolation/rows.ts';
import { workingTeam, type Team } from '../isolation/team.ts';
import type { Platform } from '../start/platform.ts';
import { Documented } from './answers.ts';
import { arbitraryOf } from './arbitraries.ts';
import { exchange } from './exchange.ts';
import { formOf, FORMS, type FormPart } from './forms.ts';
import { mutated, mutationsOf, type Mutation } from './mutations.ts';
import { Tally } from './tally.ts';

/** Operations that take their caller's session or team with them need a new one for each call, so they get fewer. */
const RUNS_ALONE_MAX = 3;
/** Operations have seeds in a row; those of one operation's kinds of mutation lie further apart. */
const KINDS_APART = 10_000;
const SHOWN_LENGTH = 600;
const REST_DEADLINE_MS = 60_000;
const DEAD_LETTERS = `
  SELECT quote_ident(n.nspname) || '.dead_letters' AS "table"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = 'dead_letters'
    AND c.relkind IN ('r', 'p')`;

export type FuzzOptions = { runs: number; seed: number };
/** What one operation does not stand, with the request that shows it. */
export type FuzzFailure = { operation: string; fault: string; request: string };
export type FuzzReport = {
  operations: number;
  /** Operations that succeeded at least once, with nothing in the answer that is not documented. */
  succeeded: number;
  requests: number;
  failures: FuzzFailure[];
  /** Events that a consumer gave up, because of something that a request had brought in. */
  deadLetters: number;
  seconds: number;
};

type Generated = {
  ids: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  mutation: Mutation;
  /** Of an operation that takes a form: what is sent instead of the example's. */
  form?: FormPart[];
};

/**
 * Sends every operation valid requests and requests with one thing wrong, made from its schemas. Every answer must come, be
 * documented and be as documented; what breaks the schema must be refused, and nothing may fail. An operation must succeed at
 * least once, for the schema of its success to be held against something; where none of its requests does, its example must.
 */
export async function fuzzApi(
  platform: Platform,
  provider: LogInProvider,
  options: FuzzOptions,
): Promise<FuzzReport> {
  const startedAt = performance.now();
  const database = new pg.Pool({ connectionString: platform.adminUrl });
  try {
    const { api } = platform.urls;
    const team = await workingTeam(proofWorldOf(platform, database, provider), 'Fuzzbuzz');
    const document = await documentOf(api);
    // What ends its caller comes last.
    const operations = operationsOf(document).sort((a, b) => Number(isAlone(a)) - Number(isAlone(b)));
    const fuzzer = new Fuzzer(api, document, team);
    const failures: FuzzFailure[] = [];
    for (const [i, operation] of operations.entries())
      failures.push(...(await fuzzer.fuzz(operation, { ...options, seed: options.seed + i })));
    return {
      operations: operations.length,
      succeeded: fuzzer.succeeded,
      requests: fuzzer.requests,
      failures,
      deadLetters: await deadLettersOf(await Rows.of(database, team.tenantId), database),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await database.end();
  }
}

async function deadLettersOf(rows: Rows, database: pg.Pool): Promise<number> {
  await rows.rest(REST_DEADLINE_MS);
  let count = 0;
  for (const { table } of (await database.query<{ table: string }>(DEAD_LETTERS)).rows) {
    const { rows: found } = await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
    count += found[0]?.n ?? 0;
  }
  return count;
}

const isAlone = ({ id }: Operation): boolean => EXAMPLES[id]?.alone !== undefined;

class Fuzzer {
  private readonly api: string;
  private readonly document: ApiDocument;
  private readonly documented: Documented;
  private readonly calls: Calls;
  private readonly team: Team;
  private tally!: Tally;
  requests = 0;
  succeeded = 0;

  constructor(api: string, document: ApiDocument, team: Team) {
    this.api = api;
    this.document = document;
    this.documented = new Documented(document);
    this.calls = new Calls(document);
    this.team = team;
  }

  /** The first thing of one operation that is not as it should be, reduced to the smallest request that shows it. */
  async fuzz(operation: Operation, options: FuzzOptions): Promise<FuzzFailure[]> {
    this.tally = new Tally(operation);
    const failures = await this.tryAll(operation, options);
    if (failures.length > 0) return failures;
    const faults = this.tally.succeeded ? [] : await this.exampleFaults(operation);
    if (this.tally.succeeded) this.succeeded++;
    return [...faults, ...this.tally.faults()].map((fault) => ({
      operation: operation.id,
      fault,
      request: 'all of them',
    }));
  }

  private async exampleFaults(operation: Operation): Promise<string[]> {
    const request = await this.calls.requestFor(operation, member('owner', this.team));
    this.requests++;
    const answer = await send(this.api, request, operation.streams);
    const faults = this.documented.faultsOf(operation, answer, false);
    this.tally.count(answer, faults);
    return this.tally.succeeded
      ? []
      : [...faults, `its example was answered ${answer.status}: ${answer.text.slice(0, SHOWN_LENGTH)}`];
  }

  private async tryAll(operation: Operation, { runs, seed }: FuzzOptions): Promise<FuzzFailure[]> {
    const owner = { person: this.team.owner, role: 'owner' } as const;
    const ids = await this.calls.freshIds(operation, this.team, owner.person);
    const parts = await this.calls.partsFor(operation, this.team, ids, owner.person);
    const total = isAlone(operation) ? Math.min(runs, RUNS_ALONE_MAX) : runs;
    const kinds = this.arbitrariesFor(operation, ids, parts.body);
    for (const [i, arbitrary] of kinds.entries()) {
      const property = fc.asyncProperty(arbitrary, async (generated) => {
        const { caller } = await callerOf(operation, this.team, owner);
        const faults = await this.faultsOf(operation, caller, generated);
        if (faults.length > 0) throw new Error(faults.join('; '));
      });
      // Runs that are too few or do not divide go to what comes last.
      const numRuns = Math.floor((total + i) / kinds.length);
      if (numRuns === 0) continue;
      const options = { numRuns, seed: seed + i * KINDS_APART };
      const { failed, counterexample, errorInstance } = await fc.check(property, options);
      if (!failed) continue;
      const [generated] = counterexample ?? [];
      const request = JSON.stringify(generated).slice(0, SHOWN_LENGTH);
      return [{ operation: operation.id, fault: String(errorInstance), request }];
    }
    return [];
  }

  /** The requests of one operation, by the kind of their mutation. */
  private arbitrariesFor(
    operation: Operation,
    ids: Record<string, string>,
    example: unknown,
  ): fc.Arbitrary<Generated>[] {
    const known = (name: string): string | undefined => ids[SAME_RESOURCE[name] ?? name];
    const fromSchema = operation.body && arbitraryOf(operation.body, this.document, known);
    const body =
      fromSchema && example !== undefined
        ? fc.oneof({ weight: 2, arbitrary: fromSchema }, { weight: 1, arbitrary: fc.constant(example) })
        : fromSchema;
    const params = (list: Operation['pathParameters'], requiredKeys: string[]) =>
      fc.record(
        Object.fromEntries(
          list.map(({ name, schema }) => [name, arbitraryOf(schema ?? {}, this.document, known, name)]),
        ),
        { requiredKeys: requiredKeys as never[], noNullPrototype: true },
      );
    const { pathParameters } = operation;
    // A cursor that nobody has handed out is a mutation, not a valid request.
    const queryParameters = operation.queryParameters.filter(({ name }) => name !== 'cursor');
    const mutations = mutationsOf({
      body,
      hasPath: pathParameters.length > 0,
      queryNames: operation.queryParameters.map(({ name }) => name),
    });
    return mutations.map((mutation) =>
      fc
        .tuple(
          params(
            pathParameters,
            pathParameters.map(({ name }) => name),
          ),
          params(
            queryParameters,
            queryParameters.filter(({ required }) => required).map(({ name }) => name),
          ),
          mutation,
          operation.isForm ? fc.option(FORMS, { nil: undefined, freq: 3 }) : fc.constant(undefined),
        )
        // Nothing, `.` and `..` lead to another address altogether.
        .filter(([path]) => Object.values(path).every((value) => !/^\.{0,2}$/.test(String(value))))
        .map(([path, query, rest, form]) => ({
          ids: path as Record<string, string>,
          query,
          ...rest,
          ...(form && { form }),
        })),
    );
  }

  private async faultsOf(operation: Operation, caller: Person, generated: Generated): Promise<string[]> {
    const form = operation.isForm
      ? generated.form
        ? formOf(generated.form)
        : (await this.calls.partsFor(operation, this.team, generated.ids, caller)).form
      : undefined;
    const request = this.requestOf(operation, generated, await caller.headers(), form);
    this.requests++;
    const { answer, cut } = await exchange(this.api, request, operation.streams);
    const { kind } = generated.mutation;
    const faults = this.documented.faultsOf(operation, answer, kind === 'path');
    this.tally.count(answer, faults);
    // What was taken then is another body than the one that was generated.
    return cut ? faults : [...faults, ...this.acceptanceFaults(operation, generated, answer)];
  }

  // What the document does not allow must not be taken.
  private acceptanceFaults(operation: Operation, { body, mutation }: Generated, answer: Answer): string[] {
    if (answer.status >= 400 || this.isDocumented(operation, body, mutation)) return [];
    return [`took what is not as documented with ${answer.status}`];
  }

  private isDocumented(operation: Operation, body: unknown, mutation: Mutation): boolean {
    switch (mutation.kind) {
      case 'value':
      case 'missing':
      case 'extra':
        return this.documented.takes(operation, JSON.parse(JSON.stringify(mutated(body, mutation))));
      case 'body':
        return mutation.raw === ''
          ? !operation.bodyRequired
          : this.documented.takesText(operation, mutation.raw);
      case 'content type':
        return body === undefined;
      case 'parameter':
        return this.documented.takesParameter(operation, mutation.name, mutation.value);
      default:
        return true;
    }
  }

  private requestOf(
    operation: Operation,
    { ids, query, body, mutation }: Generated,
    headers: Record<string, string>,
    form: FormData | undefined,
  ): Request {
    const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const parts = { ids, query: texts, body: mutated(body, mutation), headers, form };
    const request = requestOf(operation, parts);
    const hasBody = request.body !== undefined;
    switch (mutation.kind) {
      case 'query':
        return { ...request, target: `${request.target.split('?')[0]}?${mutation.text}` };
      case 'parameter': {
        const search = new URLSearchParams({ ...texts, [mutation.name]: mutation.value });
        return { ...request, target: `${request.target.split('?')[0]}?${search.toString()}` };
      }
      case 'path':
        return { ...request, target: operation.path.replace(/\{\w+\}/g, () => mutation.value) };
      case 'header':
        return { ...request, headers: { ...request.headers, [mutation.name]: mutation.value } };
      case 'body':
        return {
          ...request,
          body: mutation.raw,
          headers: { ...request.headers, 'content-type': JSON_TYPE },
        };
      case 'content type': {
        const { 'content-type': _, ...others } = request.headers;
        if (!hasBody || mutation.type === undefined) return { ...request, headers: others };
        return { ...request, headers: { ...others, 'content-type': mutation.type } };
      }
      default:
        return request;
    }
  }
}
