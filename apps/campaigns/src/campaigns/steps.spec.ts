import type { CampaignStepInput } from '@leadwire/contracts';
import { nextStop, stepProblems, type Step } from './steps.js';

const now = new Date('2026-11-22T10:00:00Z');
const email = (order: number): Step => ({ id: `e${order}`, order, type: 'email', config: {} });
const wait = (order: number, durationSeconds: number): Step => ({
  id: `w${order}`,
  order,
  type: 'wait',
  config: { durationSeconds },
});

describe('where an enrolment goes next', () => {
  const steps = [email(1), wait(2, 60), wait(3, 30), email(4), wait(5, 10)];

  it.each([
    ['from the start to the first mail at once', 0, { order: 1, at: now }],
    ['over all waits to the next mail', 1, { order: 4, at: new Date(now.getTime() + 90_000) }],
    ['to the end after the last mail, whatever waits follow', 4, { order: 4, at: null }],
  ])('is %s', (_, order, expected) => {
    expect(nextStop(steps, order, now)).toEqual(expected);
  });
});

describe('the steps of a campaign', () => {
  const problems = (...steps: Partial<CampaignStepInput>[]) =>
    stepProblems(steps as CampaignStepInput[]).map(({ pointer }) => pointer);

  it('may be mails with text or template, waits, and replies without a subject', () => {
    const mail = { type: 'email' as const, subject: 's', body: 'b' };
    expect(
      problems(mail, { type: 'wait', durationSeconds: 0 }, { type: 'email', thread: 'reply', body: 'b' }),
    ).toEqual([]);
  });

  it.each([
    ['a wait without duration', [{ type: 'wait' as const }], '/steps/0/durationSeconds'],
    ['a mail without text', [{ type: 'email' as const, subject: 's' }], '/steps/0/body'],
    [
      'a mail with text and template',
      [{ type: 'email' as const, templateId: 'x', body: 'b' }],
      '/steps/0/templateId',
    ],
    [
      'a reply to nothing',
      [{ type: 'email' as const, thread: 'reply' as const, body: 'b' }],
      '/steps/0/thread',
    ],
    [
      'a wait with a subject',
      [{ type: 'wait' as const, durationSeconds: 1, subject: 's' }],
      '/steps/0/subject',
    ],
  ])('may not have %s', (_, steps, pointer) => {
    expect(problems(...steps)).toContain(pointer);
  });
});
