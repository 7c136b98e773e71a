import { success } from '../isolation/actors.ts';
import { faultsOf } from '../isolation/judge.ts';
import type { Operation } from '../isolation/openapi.ts';
import type { Answer } from '../isolation/request.ts';

const UNAVAILABLE = 503;

/** What the answers of one operation add up to. */
export class Tally {
  private answers = 0;
  private unavailable = 0;
  private successes = 0;
  private readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }

  /** Whether one answer was the documented success, with nothing in it that is not documented. */
  get succeeded(): boolean {
    return this.successes > 0;
  }

  /** Counts an answer. @param faults what of it is not as documented */
  count(answer: Answer, faults: readonly string[]): void {
    this.answers++;
    if (answer.status === UNAVAILABLE) this.unavailable++;
    if (faults.length === 0 && faultsOf(answer, success(this.operation)).length === 0) this.successes++;
  }

  /** What the operation has not shown, however right each single answer was. */
  faults(): string[] {
    if (this.answers > 0 && this.unavailable === this.answers)
      return [`was never there: all ${this.answers} answers were ${UNAVAILABLE}`];
    return this.succeeded ? [] : [`never succeeded in ${this.answers} requests`];
  }
}
