import type { Check } from './check.ts';
import { checkInstance } from './instance.ts';
import { checkMachine } from './machine.ts';
import { checkPorts } from './ports.ts';
import { checkState } from './state.ts';

/** Looks at everything: machine, checkout, data folder, and the instance that runs on it, if one does. */
export async function diagnose(root: string, dataDir: string): Promise<Check[]> {
  // One after the other: the machine is asked by programs that we wait for, and a service must not look slow for that.
  const machine = await checkMachine(root);
  const others = [checkState(dataDir), checkPorts(dataDir), checkInstance(dataDir)];
  return [machine, ...(await Promise.all(others))].flat();
}
