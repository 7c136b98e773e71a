import { nextStop, type NextStop } from '../campaigns/steps.js';
import type { ClaimedMail } from './mail.js';
import type { Outcome } from './outcome.js';

/** A mail and what became of it; `at` is when it became known. */
export type Settled = { mail: ClaimedMail; outcome: Outcome; at: Date };

export type Sent = {
  mail: ClaimedMail;
  at: Date;
  confirmed: boolean;
  note: string | null;
  response: string;
  next: NextStop;
};
export type PutOff = { mail: ClaimedMail; counted: 0 | 1; reason: string | null; nextAt: Date };
export type Refused = { mail: ClaimedMail; reason: string };
export type Incident = { accountId: string; fatal: boolean; reason: string };
export type Decision = { sent: Sent[]; putOff: PutOff[]; refused: Refused[]; incidents: Incident[] };

/** A connection that broke is mostly back at once; only when that fails too, the longer waits begin. */
const BROKEN_RETRY_MS = 2_000;
const REASON_LENGTH_MAX = 500;

/**
 * What outcomes mean for mails and enrolments.
 * @param retryMs waits before each new try of a mail that was put off
 * @param jitter 0…1, spreads the tries
 */
export function decide(
  batch: readonly Settled[],
  retryMs: readonly number[],
  jitter: () => number = Math.random,
): Decision {
  const decision: Decision = { sent: [], putOff: [], refused: [], incidents: [] };
  for (const { mail, outcome, at } of batch) {
    switch (outcome.kind) {
      case 'accepted':
        decision.sent.push(sent(mail, at, outcome.response, null));
        break;
      case 'doubtful':
        if (mail.onDoubt === 'assume-delivered')
          decision.sent.push(
            sent(mail, at, '', `Unconfirmed: ${outcome.reason}`.slice(0, REASON_LENGTH_MAX)),
          );
        else putOffOrRefuse(decision, mail, outcome.reason, at, retryMs, jitter);
        break;
      case 'deferred':
        if (outcome.broken && mail.attempts === 0) {
          decision.putOff.push({
            mail,
            counted: 1,
            reason: outcome.reason,
            nextAt: new Date(at.getTime() + BROKEN_RETRY_MS),
          });
        } else putOffOrRefuse(decision, mail, outcome.reason, at, retryMs, jitter);
        break;
      case 'refused':
        decision.refused.push({ mail, reason: outcome.reason });
        break;
      case 'account':
        decision.putOff.push({ mail, counted: 0, reason: outcome.reason, nextAt: at });
        decision.incidents.push({ accountId: mail.accountId, fatal: outcome.fatal, reason: outcome.reason });
        break;
      case 'returned':
        decision.putOff.push({ mail, counted: 0, reason: null, nextAt: at });
    }
  }
  return decision;
}

function sent(mail: ClaimedMail, at: Date, response: string, note: string | null): Sent {
  return {
    mail,
    at,
    confirmed: note === null,
    note,
    response,
    next: nextStop(mail.steps, mail.step.order, at),
  };
}

function putOffOrRefuse(
  decision: Decision,
  mail: ClaimedMail,
  reason: string,
  at: Date,
  retryMs: readonly number[],
  jitter: () => number,
): void {
  const wait = retryMs[mail.attempts];
  if (wait === undefined)
    decision.refused.push({
      mail,
      reason: `Given up after ${mail.attempts + 1} tries: ${reason}`.slice(0, REASON_LENGTH_MAX),
    });
  else
    decision.putOff.push({
      mail,
      counted: 1,
      reason,
      nextAt: new Date(at.getTime() + wait * (1 + 0.25 * jitter())),
    });
}
