import { assert, type Ctx } from '@leadwire/kernel';
import { commandRow, requestHash, type Answer, type Command } from './command.js';

// A batch on its way into the posting function, and what the function says of it.

/** What post_batch() returns. */
export type Batch = {
  balance: string;
  reserved: string;
  version: number;
  posted: number;
  answers: (Answer & { place: number })[];
};

/** The commands as the function reads them; of several with one key it gets the first. */
export function rowsOf(commands: Command[], now: Date): string {
  const known = new Set<string>();
  const rows: object[] = [];
  commands.forEach((command, place) => {
    if (known.has(command.key)) return;
    known.add(command.key);
    rows.push(commandRow(command, place, now));
  });
  return JSON.stringify(rows);
}

/** Says of each command what became of it; one whose key came before in the batch has the answer of a repetition. */
export function answersTo(commands: Command[], { answers }: Batch): Answer[] {
  const all: Answer[] = new Array<Answer>(commands.length);
  for (const { place, ...answer } of answers) all[place] = answer;
  const firsts = new Map<string, number>();
  commands.forEach((command, place) => {
    const first = firsts.get(command.key);
    if (first !== undefined)
      all[place] = repeatedAnswer(all[first] as Answer, command, commands[first] as Command);
    else firsts.set(command.key, place);
    assert(all[place], 'each command has an answer');
  });
  return all;
}

function repeatedAnswer(first: Answer, command: Command, original: Command): Answer {
  if (!requestHash(command).equals(requestHash(original)))
    return {
      outcome: 'conflict',
      ledgerId: null,
      seq: null,
      balance: null,
      reserved: null,
      available: null,
      state: null,
    };
  return first.outcome === 'posted' ? { ...first, outcome: 'duplicate' } : first;
}

/** Who caused what the batch announces. */
export function causeOf({ actor, userId, requestId: correlationId, traceparent }: Ctx): string {
  return JSON.stringify({ actor, userId, correlationId, causationId: null, traceparent });
}
