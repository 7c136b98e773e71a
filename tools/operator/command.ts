import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { describeFailure } from '../start/failure.ts';
import type { Door } from './door.ts';
import { askAsOperator, buildForOperator, operatorTarget } from './rpc.ts';

/** What each option is that takes a text. */
export const TEXT = { type: 'string' } as const;

type ValuesOf<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>['values'];

/**
 * The frame of every operator's command: reads the words and options of the command line, lets `run` ask the services, and prints
 * what it returns, or how to use the command when there are no words. What fails is said with its fix, and ends with code 1.
 */
export async function operatorCommand<const O extends ParseArgsOptionsConfig>(
  { usage, options }: { usage: string; options: O },
  run: (door: Door, words: string[], options: ValuesOf<O>) => Promise<string>,
): Promise<void> {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    if (positionals.length === 0) throw new Error(usage);
    const target = operatorTarget();
    await buildForOperator();
    const answer = await askAsOperator(target, (door) => run(door, positionals, values));
    process.stdout.write(`${answer}\n`);
  } catch (error) {
    const misused = error instanceof Error && error.message === usage;
    process.stderr.write(`${misused ? usage : describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}
