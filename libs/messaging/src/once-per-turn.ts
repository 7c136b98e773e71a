/**
 * Collects work during one turn of the event loop and does it together at its end. Writing to the broker once for all
 * requests that arrived together instead of once for each saves most of its cost: a write to a socket wakes another process.
 */
export class OncePerTurn {
  private queued: (() => void)[] = [];

  /** `work` must not throw. */
  add(work: () => void): void {
    if (this.queued.push(work) === 1) setImmediate(() => this.run());
  }

  /** Does now what is queued, for those who are about to stop. */
  run(): void {
    const queued = this.queued;
    this.queued = [];
    for (const work of queued) work();
  }
}
