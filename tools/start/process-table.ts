import { residentBytes } from '../infra/processes.ts';
import type { SupervisedProcess } from '../infra/supervised.ts';
import type { RunState } from './run-state.ts';

/** Every process of one platform by name, from the moment it is spawned, and the order in which they end. */
export class ProcessTable {
  private readonly processes = new Map<string, SupervisedProcess>();
  private readonly stopOrder = new Map<string, number>();

  add(process: SupervisedProcess, stopOrder: number): void {
    this.processes.set(process.spec.name, process);
    this.stopOrder.set(process.spec.name, stopOrder);
  }

  /** @throws Error that lists the names there are */
  get(name: string): SupervisedProcess {
    const found = this.processes.get(name);
    if (!found) throw new Error(`No process "${name}"; there are ${[...this.processes.keys()].join(', ')}`);
    return found;
  }

  pids(): Record<string, number> {
    const entries = [...this.processes].map(([name, process]) => [name, process.pid] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined));
  }

  residentBytes(): number {
    return Object.values(this.pids()).reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** What the next start needs to find these processes again. */
  records(): RunState['processes'] {
    const records: RunState['processes'] = {};
    for (const [name, { record, spec }] of this.processes) {
      if (record) records[name] = { ...record, stopSignal: spec.stopSignal };
    }
    return records;
  }

  async waitReady(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.waitReady()));
  }

  /** Stops group after group, lowest order first. */
  async stopInOrder(): Promise<void> {
    const orderOf = (process: SupervisedProcess): number => this.stopOrder.get(process.spec.name) ?? 0;
    const running = [...this.processes.values()];
    for (const order of [...new Set(running.map(orderOf))].sort((a, b) => a - b)) {
      await Promise.all(
        running.filter((process) => orderOf(process) === order).map((process) => process.stop()),
      );
    }
  }

  /** Ends everything now. Postgres gets the signal that also ends its children; it recovers at the next start. */
  async killAll(): Promise<void> {
    await Promise.all(
      [...this.processes].map(([name, process]) => process.stop(name === 'postgres' ? 'SIGQUIT' : 'SIGKILL')),
    );
  }
}
