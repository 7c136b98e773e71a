import { Context } from 'liquidjs';

type Limiter = Context['renderLimit'];

/**
 * Bounds what one rendering takes of this thread's processor time. The engine's own limit is a moment on the clock, which also runs
 * while the machine does something else: a busy one would call every template too slow. Here the clock only says when to look.
 */
export class RenderLimit implements Pick<Limiter, 'use' | 'check'> {
  private readonly begun = process.threadCpuUsage();
  private lookAt: number;

  private constructor(private readonly milliseconds: number) {
    this.lookAt = performance.now() + milliseconds;
  }

  /** Puts such a limit in place of the engine's. */
  static of(context: Context, milliseconds: number): Context {
    context.renderLimit = new RenderLimit(milliseconds) as unknown as Limiter;
    return context;
  }

  /** Called by the engine before each piece of a template. @throws Error when the time is used up */
  check(now: number): void {
    if (now <= this.lookAt) return;
    const { user, system } = process.threadCpuUsage(this.begun);
    const left = this.milliseconds - (user + system) / 1000;
    if (left <= 0) throw new Error('template render limit exceeded');
    this.lookAt = now + left;
  }

  /** Nothing is counted here but time. */
  use(): void {
    return;
  }
}
