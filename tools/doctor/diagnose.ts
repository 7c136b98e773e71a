import type { Check } from './check.ts';
import { checkInstance } from './instance.ts';
import { checkMachine } from './machine.ts';
import { checkPorts } from './ports.ts';
import { checkState } from './state.ts';

/** Looks at everything: machine, checkout, data folder, and the instance that runs on it, if one does. */
export async function diagnose(root: string, dataDir: string): Promise<Check[]> {
  const parts = [checkMachine(root), checkState(dataDir), checkPorts(dataDir), checkInstance(dataDir)];
  return (await Promise.all(parts)).flat();
}
