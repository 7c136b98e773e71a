/** Work that is looked for again and again, one round at a time, until it is told to stop. */
export class Rounds {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private wanted = false;
  private stopping = false;

  /**
   * @param round does what is due and says whether there may be more; it should look at {@link stopped} between steps
   * @param failed hears of a round that failed; the next one tries again
   */
  constructor(
    private readonly everyMs: number,
    private readonly round: () => Promise<boolean>,
    private readonly failed: (error: unknown) => void,
  ) {}

  get stopped(): boolean {
    return this.stopping;
  }

  start(): void {
    this.timer = setInterval(() => this.wake(), this.everyMs);
    this.timer.unref();
  }

  /** Lets the step under way finish. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Looks now, or once more after the round under way. */
  wake(): void {
    this.wanted = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    try {
      while (this.wanted && !this.stopping) {
        this.wanted = false;
        this.wanted = (await this.round()) || this.wanted;
      }
    } catch (error) {
      this.failed(error);
    }
  }
}
