import type { CampaignStepInput, StepType, Thread } from '@leadwire/contracts';
import type { InputError } from '@leadwire/kernel';

export type EmailConfig = {
  templateId: string | null;
  subject: string | null;
  body: string | null;
  thread: Thread;
};
export type WaitConfig = { durationSeconds: number };
export type StepConfig = Partial<EmailConfig & WaitConfig>;
export type Step = { id: string; order: number; type: StepType; config: StepConfig };

/** What an enrolment does next: the e-mail step and when, or nothing any more. */
export type NextStop = { order: number; at: Date } | { order: number; at: null };

/**
 * Where an enrolment goes after the step at `order` was done at `now` (0: from the start). Waits on the way add up; waits
 * after the last mail are for nobody, so the enrolment ends there and then.
 */
export function nextStop(steps: readonly Step[], order: number, now: Date): NextStop {
  let at = now.getTime();
  for (const step of steps) {
    if (step.order <= order) continue;
    if (step.type === 'email') return { order: step.order, at: new Date(at) };
    at += (step.config.durationSeconds ?? 0) * 1000;
  }
  return { order, at: null };
}

/** The rules that hold between the fields of a step and between steps, with pointers into the request. */
export function stepProblems(steps: readonly CampaignStepInput[]): InputError[] {
  const errors: InputError[] = [];
  let mails = 0;
  steps.forEach((step, i) => {
    const problem = (field: string, detail: string) =>
      errors.push({ pointer: `/steps/${i}/${field}`, code: 'step', detail });
    if (step.type === 'wait') {
      if (step.durationSeconds === undefined || step.durationSeconds === null)
        problem('durationSeconds', 'is needed by a wait');
      for (const field of ['templateId', 'subject', 'body', 'thread'] as const) {
        if (step[field] !== undefined && step[field] !== null) problem(field, 'does not belong to a wait');
      }
      return;
    }
    const isReply = step.thread === 'reply';
    if (isReply && mails === 0) problem('thread', 'a reply needs a mail before it');
    if (step.durationSeconds !== undefined && step.durationSeconds !== null)
      problem('durationSeconds', 'does not belong to an e-mail');
    if (step.templateId && (step.subject || step.body))
      problem('templateId', 'and a text of its own exclude each other');
    if (!step.templateId && !step.body) problem('body', 'is needed by an e-mail without template');
    if (!step.templateId && !step.subject && !isReply)
      problem('subject', 'is needed by an e-mail without template');
    mails++;
  });
  return errors;
}

/** What of a step is kept in its `config`. */
export function configOf(step: CampaignStepInput): StepConfig {
  if (step.type === 'wait') return { durationSeconds: step.durationSeconds ?? 0 };
  return {
    templateId: step.templateId ?? null,
    subject: step.subject ?? null,
    body: step.body ?? null,
    thread: step.thread ?? 'new',
  };
}
