import type { Actor } from './actors.ts';
import { faultsOf } from './judge.ts';
import type { Operation } from './openapi.ts';
import type { Answer } from './request.ts';
import { changed, type Snapshot } from './rows.ts';

/** One call and what was wrong with its answer. */
export type Cell = { operation: string; actor: string; status: number; violations: string[] };

export type MatrixParts = {
  call: (operation: Operation, actor: Actor) => Promise<Answer>;
  /** What of an answer is not as documented. */
  documentFaults: (operation: Operation, answer: Answer) => string[];
  /** What an answer shows of the team that nobody here belongs to. */
  leaksIn: (answer: Answer) => string[];
  /** The rows of that team. */
  snapshot: () => Promise<Snapshot>;
};

/** Calls every operation as every actor. No answer may show anything of the untouched team, and no row of it may change. */
export async function runMatrix(
  operations: readonly Operation[],
  actors: readonly Actor[],
  parts: MatrixParts,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  let before = await parts.snapshot();
  for (const operation of operations) {
    const callers = actors.filter((actor) => isAsked(operation, actor));
    const row = await Promise.all(callers.map((actor) => cellOf(operation, actor, parts)));
    cells.push(...row);
    const after = await parts.snapshot();
    const tables = changed(before, after);
    if (tables.length > 0)
      cells.push({
        operation: operation.id,
        actor: 'anybody',
        status: 0,
        violations: [`changed rows of the other team in ${tables.join(', ')}`],
      });
    before = after;
  }
  return cells;
}

/** Public operations read no credentials, so that they are not asked with every kind of them. */
const ASKED_IN_PUBLIC = new Set(['no token', 'forged', 'suspended', 'stranger', 'owner']);

/** Whether the matrix calls this operation as this actor. */
export function isAsked({ capability }: Operation, { name }: Pick<Actor, 'name'>): boolean {
  return capability !== 'public' || ASKED_IN_PUBLIC.has(name);
}

async function cellOf(operation: Operation, actor: Actor, parts: MatrixParts): Promise<Cell> {
  const cell = { operation: operation.id, actor: actor.name };
  try {
    const answer = await parts.call(operation, actor);
    const violations = new Set([
      ...faultsOf(answer, actor.expects(operation)),
      ...parts.documentFaults(operation, answer),
      ...parts.leaksIn(answer),
    ]);
    return { ...cell, status: answer.status, violations: [...violations] };
  } catch (error) {
    return { ...cell, status: 0, violations: [`could not be called: ${String(error)}`] };
  }
}
